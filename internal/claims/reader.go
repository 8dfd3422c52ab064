package claims

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// What can be wrong with a JSON text. The errors quote nothing of it, so they can be logged.
var (
	ErrSyntax   = errors.New("not one well-formed JSON text in UTF-8")
	ErrRepeated = errors.New("a JSON object repeats a member name")
	ErrFolded   = errors.New("a member name differs from a reserved one only in case")
	ErrTooMuch  = errors.New("JSON nested too deeply or with too many members")
	ErrShape    = errors.New("a JSON value is missing or not of the expected kind")
)

// Limits bounds what a Reader accepts.
type Limits struct {
	Depth   int // objects and arrays within each other
	Members int // members of one object; elements of an array are bounded by the text
	// RepeatedNames lets objects repeat names. It is for a document whose parts are read
	// again, each with a Reader of its own.
	RepeatedNames bool
}

// Reader reads one JSON text. After the first fault all methods return zero values and
// iterations end, so callers check Err or End once. A Reader returns parts of the text. It
// is not safe for concurrent use.
type Reader struct {
	src    []byte
	pos    int
	depth  int
	plain  bool // no escapes and no control characters anywhere: a string ends at the next quote
	limits Limits
	err    error

	// The names of all open objects, the innermost last. The array is large enough for a
	// session_jwt; further names are on the heap.
	near  [40]name
	far   []name
	count int
}

// name is the position of a member name in the text, between its quotes.
type name struct {
	start, end uint32
	escaped    bool
}

// NewReader returns a Reader over src.
func NewReader(src []byte, limits Limits) Reader {
	r := Reader{src: src, limits: limits, plain: plain(src)}
	// After this pass every other step compares bytes of ASCII only.
	if !utf8.Valid(src) {
		r.err = ErrSyntax
	}
	return r
}

// Err returns the first fault, nil if there was none so far.
func (r *Reader) Err() error { return r.err }

// End checks that only white space is left, and returns the first fault.
func (r *Reader) End() error {
	if r.peek() != 0 || r.pos < len(r.src) {
		r.fail(ErrSyntax)
	}
	return r.err
}

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.pos = len(r.src)
}

// Fail makes err the Reader's fault unless there is one. Callers use it for values that are
// well-formed and not acceptable.
func (r *Reader) Fail(err error) { r.fail(err) }

// peek skips white space (RFC 8259, 2) and returns the next byte, or 0 at the end. No JSON
// token begins with 0.
func (r *Reader) peek() byte {
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

func (r *Reader) expect(c byte) bool {
	if r.peek() != c || r.err != nil {
		r.fail(ErrSyntax)
		return false
	}
	r.pos++
	return true
}

func (r *Reader) enter() bool {
	if r.depth++; r.depth > r.limits.Depth {
		r.fail(ErrTooMuch)
		return false
	}
	return true
}

// Object is the state of an iteration over the members of an object.
type Object struct {
	first int // names of enclosing objects come before it
	begun bool
	over  bool
}

// Object begins an object.
func (r *Reader) Object() Object {
	o := Object{first: r.count}
	if r.err == nil && r.peek() != '{' {
		r.fail(ErrShape)
	}
	o.over = r.err != nil || !r.enter()
	if !o.over {
		r.pos++
	}
	return o
}

// Next moves to the next member and returns its decoded name. Read exactly one
// value before calling Next again.
func (r *Reader) Next(o *Object) (memberName []byte, ok bool) {
	if o.over || r.err != nil {
		return nil, false
	}
	c := r.peek()
	if c == '}' {
		r.pos++
		r.depth--
		r.count = o.first
		o.over = true
		return nil, false
	}
	if o.begun && !r.expect(',') {
		return nil, false
	}
	o.begun = true
	if r.peek() != '"' {
		r.fail(ErrSyntax)
		return nil, false
	}
	start, end, escaped := r.scanString()
	if !r.expect(':') {
		return nil, false
	}
	if r.count-o.first >= r.limits.Members {
		r.fail(ErrTooMuch)
		return nil, false
	}
	n := name{uint32(start), uint32(end), escaped}
	if !r.limits.RepeatedNames && r.repeated(n, o.first) {
		r.fail(ErrRepeated)
		return nil, false
	}
	r.push(n)
	return r.text(n), r.err == nil
}

func (r *Reader) push(n name) {
	if r.count < len(r.near) {
		r.near[r.count] = n
	} else {
		r.far = append(r.far[:r.count-len(r.near)], n)
	}
	r.count++
}

func (r *Reader) at(i int) name {
	if i < len(r.near) {
		return r.near[i]
	}
	return r.far[i-len(r.near)]
}

// repeated compares n with the names of the object that began at first. Its cost is
// quadratic in the number of members, which Limits.Members bounds.
func (r *Reader) repeated(n name, first int) bool {
	for i := first; i < r.count; i++ {
		o := r.at(i)
		switch {
		case n.escaped || o.escaped:
			// "s\u0075b" is "sub" (RFC 8259, 8.3).
			if bytes.Equal(r.text(n), r.text(o)) {
				return true
			}
		case n.end-n.start == o.end-o.start && bytes.Equal(r.src[n.start:n.end], r.src[o.start:o.end]):
			return true
		}
	}
	return false
}

// Array is the state of an iteration over the elements of an array.
type Array struct{ begun, over bool }

// Array begins an array.
func (r *Reader) Array() Array {
	if r.err == nil && r.peek() != '[' {
		r.fail(ErrShape)
	}
	a := Array{over: r.err != nil || !r.enter()}
	if !a.over {
		r.pos++
	}
	return a
}

// More moves to the next element. Read exactly one value before calling More
// again.
func (r *Reader) More(a *Array) bool {
	if a.over || r.err != nil {
		return false
	}
	if r.peek() == ']' {
		r.pos++
		r.depth--
		a.over = true
		return false
	}
	if a.begun && !r.expect(',') {
		return false
	}
	a.begun = true
	return true
}

// Is reports whether the next value begins with c: '"', '{', '[', 'n' for null.
func (r *Reader) Is(c byte) bool { return r.err == nil && r.peek() == c }

// Null skips a null, and reports whether there was one.
func (r *Reader) Null() bool { return r.Is('n') && r.literal("null") }

// Raw skips one value of any kind, as strictly as if it were read, and returns its text
// without the surrounding white space.
func (r *Reader) Raw() []byte {
	if r.err != nil {
		return nil
	}
	r.peek()
	start := r.pos
	r.skip()
	if r.err != nil {
		return nil
	}
	return r.src[start:r.pos:r.pos]
}

// skip recurses at most to Limits.Depth.
func (r *Reader) skip() {
	switch c := r.peek(); c {
	case '{':
		o := r.Object()
		for {
			if _, ok := r.Next(&o); !ok {
				return
			}
			r.skip()
		}
	case '[':
		a := r.Array()
		for r.More(&a) {
			r.skip()
		}
	case '"':
		if start, end, escaped := r.scanString(); escaped {
			r.text(name{uint32(start), uint32(end), true})
		}
	case 't':
		r.literal("true")
	case 'f':
		r.literal("false")
	case 'n':
		r.literal("null")
	default:
		r.number()
	}
}

func (r *Reader) literal(word string) bool {
	if len(r.src)-r.pos < len(word) || string(r.src[r.pos:r.pos+len(word)]) != word {
		r.fail(ErrSyntax)
		return false
	}
	r.pos += len(word)
	return true
}

// Folded reports whether a name that is none of names equals one of them when case is
// ignored.
func (r *Reader) Folded(memberName []byte, names []string) bool {
	for _, n := range names {
		if string(memberName) != n && bytes.EqualFold(memberName, []byte(n)) {
			return true
		}
	}
	return false
}
