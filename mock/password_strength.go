package mock

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// validScore is the least score of a password that Stytch takes.
// Source: https://stytch.com/docs/b2b/guides/passwords/strength-policies
const validScore = 3

// breachedPasswords stand for the list of leaked passwords that Stytch asks; the
// first is strong enough otherwise.
var breachedPasswords = []string{"correcthorsebatterystaple", "password", "123456", "qwertyuiop", "iloveyou"}

// commonWords are what people begin passwords with. Stytch's estimator knows
// tens of thousands; a password that passes here by a narrow margin may fail there.
var commonWords = []string{
	"password", "passwort", "passw", "qwerty", "qwertz", "azerty", "asdf", "letmein", "welcome", "admin", "login", "secret",
	"dragon", "monkey", "master", "football", "baseball", "sunshine", "princess", "shadow", "superman", "batman", "trustno",
	"iloveyou", "hello", "freedom", "whatever", "student", "teacher", "school", "university", "course", "class", "summer",
	"winter", "spring", "autumn", "monday", "friday", "stytch", "test", "user", "abc", "love",
}

// strength estimates from 0 to 4 how hard a password is to guess, in the manner
// of zxcvbn: known words, repetitions, sequences and years count little, the
// rest a power of ten for every character.
func strength(text, email string) int {
	switch guesses := guessesLog10(text, email); {
	case guesses < 3:
		return 0
	case guesses < 6:
		return 1
	case guesses < 8:
		return 2
	case guesses < 10:
		return 3
	}
	return 4
}

// maxEstimated bounds the work: what is longer is no weaker.
const maxEstimated = 72

// guessesLog10 is the cheapest way to put the password together.
func guessesLog10(text, email string) float64 {
	letters := []rune(strings.ToLower(text))
	letters = letters[:min(len(letters), maxEstimated)]
	for i, r := range letters {
		if plain, ok := lookalikes[r]; ok && !isDigits(letters) {
			letters[i] = plain
		}
	}
	original := []rune(strings.ToLower(text))[:len(letters)]
	local, domain, _ := strings.Cut(strings.ToLower(email), "@")
	words := append(slices.Clone(commonWords), local, strings.Split(domain, ".")[0])
	best := make([]float64, len(letters)+1)
	for end := 1; end <= len(letters); end++ {
		best[end] = best[end-1] + 1
		for start := range end {
			cost := min(wordCost(string(letters[start:end]), words), patternCost(original[start:end]))
			best[end] = min(best[end], best[start]+cost)
		}
	}
	return best[len(letters)]
}

// lookalikes are the letters that digits and signs stand for.
var lookalikes = map[rune]rune{'0': 'o', '1': 'l', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's', '!': 'i'}

func isDigits(text []rune) bool {
	return !slices.ContainsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
}

// wordCost is that of a word somebody would try: one of a few thousand.
func wordCost(part string, words []string) float64 {
	if len(part) >= 3 && slices.Contains(words, part) {
		return 2.5
	}
	return math.Inf(1)
}

// patternCost is that of "aaaa", "1234" or "1999".
func patternCost(part []rune) float64 {
	if len(part) < 3 {
		return math.Inf(1)
	}
	step := part[1] - part[0]
	if step >= -1 && step <= 1 {
		run := true
		for i := 1; i < len(part); i++ {
			run = run && part[i]-part[i-1] == step
		}
		if run {
			return 1 + math.Log10(float64(len(part)))
		}
	}
	if len(part) == 4 && isDigits(part) && (strings.HasPrefix(string(part), "19") || strings.HasPrefix(string(part), "20")) {
		return 2
	}
	return math.Inf(1)
}

// strengthRequest is POST /v1/b2b/passwords/strength_check.
type strengthRequest struct {
	Password     string `json:"password"`
	EmailAddress string `json:"email_address"`
}

// strengthAnswer is its answer.
type strengthAnswer struct {
	envelope
	ValidPassword           bool           `json:"valid_password"`
	Score                   int            `json:"score"`
	BreachedPassword        bool           `json:"breached_password"`
	StrengthPolicy          string         `json:"strength_policy"`
	BreachDetectionOnCreate bool           `json:"breach_detection_on_create"`
	LUDSFeedback            ludsFeedback   `json:"luds_feedback"`
	ZXCVBNFeedback          zxcvbnFeedback `json:"zxcvbn_feedback"`
}

type ludsFeedback struct {
	HasLowerCase      bool `json:"has_lower_case"`
	HasUpperCase      bool `json:"has_upper_case"`
	HasDigit          bool `json:"has_digit"`
	HasSymbol         bool `json:"has_symbol"`
	MissingComplexity int  `json:"missing_complexity"`
	MissingCharacters int  `json:"missing_characters"`
}

type zxcvbnFeedback struct {
	Warning     string   `json:"warning"`
	Suggestions []string `json:"suggestions"`
}

// checkPasswordStrength tells how good a password is. The policy is always
// zxcvbn, Stytch's default.
// Source: https://stytch.com/docs/b2b/api/password-strength-check
func checkPasswordStrength(_ *call, in strengthRequest) (*strengthAnswer, error) {
	if in.Password == "" {
		return nil, refuseField("invalid_argument", "password is missing")
	}
	out := &strengthAnswer{
		Score:                   strength(in.Password, in.EmailAddress),
		BreachedPassword:        slices.Contains(breachedPasswords, strings.ToLower(in.Password)),
		StrengthPolicy:          "zxcvbn",
		BreachDetectionOnCreate: true,
		LUDSFeedback: ludsFeedback{
			HasLowerCase: strings.ContainsFunc(in.Password, unicode.IsLower),
			HasUpperCase: strings.ContainsFunc(in.Password, unicode.IsUpper),
			HasDigit:     strings.ContainsFunc(in.Password, unicode.IsDigit),
			HasSymbol:    strings.ContainsFunc(in.Password, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }),
		},
		ZXCVBNFeedback: zxcvbnFeedback{Suggestions: []string{}},
	}
	// Eight characters of three kinds are Stytch's defaults for its other policy.
	kinds := 0
	for _, has := range []bool{out.LUDSFeedback.HasLowerCase, out.LUDSFeedback.HasUpperCase, out.LUDSFeedback.HasDigit, out.LUDSFeedback.HasSymbol} {
		if has {
			kinds++
		}
	}
	out.LUDSFeedback.MissingComplexity = max(0, 3-kinds)
	out.LUDSFeedback.MissingCharacters = max(0, 8-len([]rune(in.Password)))
	out.ValidPassword = out.Score >= validScore && !out.BreachedPassword
	if out.Score < validScore {
		out.ZXCVBNFeedback = zxcvbnFeedback{
			Warning:     "This password is easy to guess.",
			Suggestions: []string{"Add another word or two. Uncommon words are better."},
		}
	}
	return out, nil
}
