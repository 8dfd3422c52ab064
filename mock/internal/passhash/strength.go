package passhash

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// ValidScore is the least score of a password that Stytch takes.
// Source: https://stytch.com/docs/b2b/guides/passwords/strength-policies
const ValidScore = 3

// BreachedPasswords stand for the list of leaked passwords that Stytch asks; the
// first is strong enough otherwise.
var BreachedPasswords = []string{"correcthorsebatterystaple", "password", "123456", "qwertyuiop", "iloveyou"}

// commonWords are what people begin passwords with. Stytch's estimator knows
// tens of thousands; a password that passes here by a narrow margin may fail there.
var commonWords = []string{
	"password", "passwort", "passw", "qwerty", "qwertz", "azerty", "asdf", "letmein", "welcome", "admin", "login", "secret",
	"dragon", "monkey", "master", "football", "baseball", "sunshine", "princess", "shadow", "superman", "batman", "trustno",
	"iloveyou", "hello", "freedom", "whatever", "student", "teacher", "school", "university", "course", "class", "summer",
	"winter", "spring", "autumn", "monday", "friday", "stytch", "test", "user", "abc", "love",
}

// Strength estimates from 0 to 4 how hard a password is to guess, in the manner
// of zxcvbn: known words, repetitions, sequences and years count little, the
// rest a power of ten for every character.
func Strength(text, email string) int {
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

// maxEstimated bounds the work: a longer password is not weaker.
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

// wordCost is that of a word that is tried early: one of a few thousand.
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
