package signin

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// pendingSignIn is a sign-in of which a part is proven and a part is owed. It is as
// good as the browser that brings it says: Stytch checks the intermediate, and the
// rest only decides which page is shown. The zero value is none.
type pendingSignIn struct {
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
	appBegun          bool // an app was set up and has not shown a code yet
}

// owed is what a pending sign-in owes next.
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
	maxName          = 512 // bytes: Stytch's 128 characters
	maxWords         = 16
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
	factAppBegun   = "a"
)

// pendingFields is the number of its fields in a cookie.
const pendingFields = 11

func (p pendingSignIn) fields() []string {
	if p.owed == "" {
		return make([]string, pendingFields)
	}
	facts := ""
	for _, fact := range []struct {
		yes    bool
		letter string
	}{{p.discovered, factDiscovered}, {p.sent, factSent}, {p.numbered, factNumbered}, {p.appBegun, factAppBegun}} {
		if fact.yes {
			facts += fact.letter
		}
	}
	return []string{
		string(p.owed),
		strconv.FormatInt(p.intermediate.ExpiresAt.Unix(), 10),
		p.intermediate.Token.Reveal(),
		facts,
		string(p.class),
		p.slug,
		string(p.member),
		joined(p.methods),
		joined(p.allowed),
		joined(p.enrolled),
		p.className,
	}
}

// pendingOf reads the fields. Empty ones are no pending sign-in, and others that are
// not of their form are refused.
func pendingOf(fields []string) (pendingSignIn, bool) {
	if !slices.ContainsFunc(fields, func(field string) bool { return field != "" }) {
		return pendingSignIn{}, true
	}
	seconds, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return pendingSignIn{}, false
	}
	p := pendingSignIn{
		owed:         owed(fields[0]),
		intermediate: grimoireauth.Intermediate{Token: grimoireauth.NewSecret(fields[2]), ExpiresAt: time.Unix(seconds, 0)},
		discovered:   strings.Contains(fields[3], factDiscovered),
		sent:         strings.Contains(fields[3], factSent),
		numbered:     strings.Contains(fields[3], factNumbered),
		appBegun:     strings.Contains(fields[3], factAppBegun),
		class:        grimoireauth.ClassID(fields[4]),
		slug:         fields[5],
		member:       grimoireauth.MemberID(fields[6]),
		methods:      split[grimoireauth.SignInMethod](fields[7]),
		allowed:      split[grimoireauth.SecondFactor](fields[8]),
		enrolled:     split[grimoireauth.SecondFactor](fields[9]),
		className:    fields[10],
	}
	if !p.wellFormed() || !slices.Equal(p.fields(), fields) {
		return pendingSignIn{}, false
	}
	return p, true
}

// live reports whether the time is neither over nor longer than Stytch gives, as
// far as the clocks of two servers agree.
func (p pendingSignIn) live(now time.Time) bool {
	left := p.intermediate.ExpiresAt.Sub(now)
	return left > 0 && left <= intermediateLife+clockSkew
}

func (p pendingSignIn) wellFormed() bool {
	if !tokenForm.MatchString(p.intermediate.Token.Reveal()) || !slugOK(p.slug) || len(p.className) > maxName {
		return false
	}
	known := classIDForm.MatchString(string(p.class)) && memberIDForm.MatchString(string(p.member))
	switch p.owed {
	case owedClass:
		return p.discovered && p.class == "" && p.member == "" && p.slug == "" && p.methods == nil && p.allowed == nil && p.enrolled == nil
	case owedPrimary, owedFactor:
		return known && wordsOK(p.methods) && factorsOK(p.allowed) && factorsOK(p.enrolled)
	}
	return false
}

// fitted leaves out what only decorates a page and does not fit, and the methods
// that this version does not know.
func (p pendingSignIn) fitted() pendingSignIn {
	p.methods = slices.DeleteFunc(slices.Clone(p.methods), func(m grimoireauth.SignInMethod) bool { return !wordForm.MatchString(string(m)) })
	if len(p.methods) > maxWords {
		p.methods = p.methods[:maxWords]
	}
	p.allowed = slices.DeleteFunc(slices.Clone(p.allowed), unknownFactor)
	p.enrolled = slices.DeleteFunc(slices.Clone(p.enrolled), unknownFactor)
	if !slugOK(p.slug) {
		p.slug = ""
	}
	if len(p.className) > maxName {
		p.className = ""
	}
	if p.owed == owedClass {
		p = pendingSignIn{owed: p.owed, intermediate: p.intermediate, discovered: p.discovered}
	}
	return p
}

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

// has reports whether the member has this second factor.
func (p pendingSignIn) has(factor grimoireauth.SecondFactor) bool {
	return slices.Contains(p.enrolled, factor)
}

// mayEnrol reports whether the member can get this second factor on the way. A member
// who has one already cannot: another would open the class to those who know the
// first factor only.
func (p pendingSignIn) mayEnrol(factor grimoireauth.SecondFactor) bool {
	return len(p.enrolled) == 0 && slices.Contains(p.allowed, factor)
}
