package signin

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// unfinishedCookie holds an unfinished sign-in. It has a name, a form and a reader
// of its own, so that it can never be taken for a session.
const unfinishedCookie = "grimoire_unfinished"

// unfinished is a sign-in on its way from page to page. It is as good as whoever
// brings it says: Stytch judges the intermediate, and the rest only decides which
// page is shown.
type unfinished struct {
	owed         owed
	intermediate grimoireauth.Intermediate
	discovered   bool // it began without a class, so another class can be chosen

	// Of a class that is known already.
	class     grimoireauth.ClassID
	slug      string
	className string
	member    grimoireauth.MemberID
	methods   []grimoireauth.SignInMethod

	allowed, enrolled []grimoireauth.SecondFactor
	sent              bool // a code by SMS is on its way
	numbered          bool // the phone number was given in this sign-in
	pending           bool // an app was set up and has not shown a code yet
}

// owed is what an unfinished sign-in owes next.
type owed string

const (
	owedClass   owed = "class"
	owedPrimary owed = "primary"
	owedFactor  owed = "factor"
)

// page returns the path of the page where it is given.
func (o owed) page() string {
	switch o {
	case owedClass:
		return "classes"
	case owedFactor:
		return "factor"
	}
	return "unfinished"
}

const (
	// intermediateLife is Stytch's: https://stytch.com/docs/b2b/guides/discovery/overview
	intermediateLife = 10 * time.Minute
	clockSkew        = 30 * time.Second
	maxUnfinished    = 3000 // bytes; browsers keep about 4,000 with name and attributes
	maxName          = 512  // bytes: Stytch's 128 characters
)

var (
	classIDForm  = regexp.MustCompile(`^organization-[A-Za-z0-9-]{1,110}$`)
	memberIDForm = regexp.MustCompile(`^member-[A-Za-z0-9-]{1,110}$`)
	wordForm     = regexp.MustCompile(`^[a-z0-9_]{1,32}$`) // a method in Stytch's words
)

// The facts that are true or false, one letter each, in this order.
const (
	factDiscovered = "d"
	factSent       = "s"
	factNumbered   = "n"
	factPending    = "a"
)

// cookie is the value of the cookie.
func (u unfinished) cookie() string {
	facts := ""
	for _, fact := range []struct {
		yes    bool
		letter string
	}{{u.discovered, factDiscovered}, {u.sent, factSent}, {u.numbered, factNumbered}, {u.pending, factPending}} {
		if fact.yes {
			facts += fact.letter
		}
	}
	return strings.Join([]string{
		string(u.owed),
		strconv.FormatInt(u.intermediate.ExpiresAt.Unix(), 10),
		u.intermediate.Token.Reveal(),
		facts,
		string(u.class),
		u.slug,
		string(u.member),
		joined(u.methods),
		joined(u.allowed),
		joined(u.enrolled),
		base64.RawURLEncoding.EncodeToString([]byte(u.className)),
	}, ":")
}

// unfinishedOf reads the cookie. Whatever is not exactly as cookie writes it, and
// whatever is past its time, is none.
func unfinishedOf(value string, now time.Time) (unfinished, bool) {
	parts := strings.Split(value, ":")
	if len(value) > maxUnfinished || len(parts) != 11 {
		return unfinished{}, false
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return unfinished{}, false
	}
	name, err := base64.RawURLEncoding.Strict().DecodeString(parts[10])
	if err != nil {
		return unfinished{}, false
	}
	u := unfinished{
		owed:         owed(parts[0]),
		intermediate: grimoireauth.Intermediate{Token: grimoireauth.NewSecret(parts[2]), ExpiresAt: time.Unix(seconds, 0)},
		discovered:   strings.Contains(parts[3], factDiscovered),
		sent:         strings.Contains(parts[3], factSent),
		numbered:     strings.Contains(parts[3], factNumbered),
		pending:      strings.Contains(parts[3], factPending),
		class:        grimoireauth.ClassID(parts[4]),
		slug:         parts[5],
		member:       grimoireauth.MemberID(parts[6]),
		methods:      split[grimoireauth.SignInMethod](parts[7]),
		allowed:      split[grimoireauth.SecondFactor](parts[8]),
		enrolled:     split[grimoireauth.SecondFactor](parts[9]),
		className:    string(name),
	}
	if !u.wellFormed() || !u.live(now) || u.cookie() != value {
		return unfinished{}, false
	}
	return u, true
}

// live reports whether the time is neither over nor longer than Stytch gives, as
// far as the clocks of two servers agree.
func (u unfinished) live(now time.Time) bool {
	left := u.intermediate.ExpiresAt.Sub(now)
	return left > 0 && left <= intermediateLife+clockSkew
}

func (u unfinished) wellFormed() bool {
	if !tokenForm.MatchString(u.intermediate.Token.Reveal()) || !slugOK(u.slug) || len(u.className) > maxName {
		return false
	}
	known := classIDForm.MatchString(string(u.class)) && memberIDForm.MatchString(string(u.member))
	switch u.owed {
	case owedClass:
		return u.discovered && u.class == "" && u.member == "" && u.slug == "" && u.methods == nil && u.allowed == nil && u.enrolled == nil
	case owedPrimary, owedFactor:
		return known && wordsOK(u.methods) && factorsOK(u.allowed) && factorsOK(u.enrolled)
	}
	return false
}

// fitted leaves out what only decorates a page and does not fit, and the methods
// that this version does not know.
func (u unfinished) fitted() unfinished {
	u.methods = slices.DeleteFunc(slices.Clone(u.methods), func(m grimoireauth.SignInMethod) bool { return !wordForm.MatchString(string(m)) })
	if len(u.methods) > maxWords {
		u.methods = u.methods[:maxWords]
	}
	u.allowed = slices.DeleteFunc(slices.Clone(u.allowed), unknownFactor)
	u.enrolled = slices.DeleteFunc(slices.Clone(u.enrolled), unknownFactor)
	if !slugOK(u.slug) {
		u.slug = ""
	}
	if len(u.className) > maxName {
		u.className = ""
	}
	if u.owed == owedClass {
		u = unfinished{owed: u.owed, intermediate: u.intermediate, discovered: u.discovered}
	}
	return u
}

const maxWords = 16

func wordsOK(methods []grimoireauth.SignInMethod) bool {
	return len(methods) <= maxWords && !slices.ContainsFunc(methods, func(m grimoireauth.SignInMethod) bool { return !wordForm.MatchString(string(m)) })
}

func factorsOK(factors []grimoireauth.SecondFactor) bool {
	return len(factors) <= 2 && !slices.ContainsFunc(factors, unknownFactor)
}

func unknownFactor(f grimoireauth.SecondFactor) bool {
	return f != grimoireauth.SecondFactorSMS && f != grimoireauth.SecondFactorApp
}

func joined[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = string(word)
	}
	return strings.Join(out, "~")
}

func split[T ~string](text string) []T {
	if text == "" {
		return nil
	}
	parts := strings.Split(text, "~")
	out := make([]T, len(parts))
	for i, part := range parts {
		out[i] = T(part)
	}
	return out
}
