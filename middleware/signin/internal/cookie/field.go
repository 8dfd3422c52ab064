package cookie

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// A Field is one field of a cookie that holds a T: how it is written, and how it is
// read. Make one with [Text], [Secret], [Integer], [Time], [Words], [Flags] or [Within].
//
// The function that each constructor takes says where in a T the field is.
type Field[T any] struct {
	write func(*T) string
	read  func(*T, string) bool
}

// Text is a field of text.
func Text[T any, S ~string](at func(*T) *S) Field[T] {
	return Field[T]{
		write: func(v *T) string { return string(*at(v)) },
		read:  func(v *T, text string) bool { *at(v) = S(text); return true },
	}
}

// Secret is a field whose text is secret.
func Secret[T any](at func(*T) *grimoireauth.Secret) Field[T] {
	return Field[T]{
		write: func(v *T) string { return at(v).Reveal() },
		read:  func(v *T, text string) bool { *at(v) = grimoireauth.NewSecret(text); return true },
	}
}

// Integer is a number, in decimal digits.
func Integer[T any](at func(*T) *int64) Field[T] {
	return Field[T]{
		write: func(v *T) string { return strconv.FormatInt(*at(v), 10) },
		read: func(v *T, text string) bool {
			n, err := strconv.ParseInt(text, 10, 64)
			*at(v) = n
			return err == nil
		},
	}
}

// Time is a time, in whole seconds of Unix time. The zero time is an empty text.
func Time[T any](at func(*T) *time.Time) Field[T] {
	return Field[T]{
		write: func(v *T) string {
			if at(v).IsZero() {
				return ""
			}
			return strconv.FormatInt(at(v).Unix(), 10)
		},
		read: func(v *T, text string) bool {
			if text == "" {
				return true
			}
			seconds, err := strconv.ParseInt(text, 10, 64)
			*at(v) = time.Unix(seconds, 0)
			return err == nil
		},
	}
}

// Words is a list of words. None of them is empty or contains "~", which stands between
// them: such a list is read back as another one.
func Words[T any, S ~string](at func(*T) *[]S) Field[T] {
	const between = "~"
	return Field[T]{
		write: func(v *T) string {
			words := make([]string, len(*at(v)))
			for i, word := range *at(v) {
				words[i] = string(word)
			}
			return strings.Join(words, between)
		},
		read: func(v *T, text string) bool {
			if text == "" {
				return true
			}
			for word := range strings.SplitSeq(text, between) {
				*at(v) = append(*at(v), S(word))
			}
			return true
		},
	}
}

// A Flag is a fact that is true or false, and its letter.
type Flag[T any] struct {
	Letter string
	At     func(*T) *bool
}

// Flags is a field with the letters of the facts that are true, in this order.
func Flags[T any](flags ...Flag[T]) Field[T] {
	return Field[T]{
		write: func(v *T) string {
			letters := ""
			for _, flag := range flags {
				if *flag.At(v) {
					letters += flag.Letter
				}
			}
			return letters
		},
		read: func(v *T, text string) bool {
			for _, flag := range flags {
				*flag.At(v) = strings.Contains(text, flag.Letter)
			}
			return true // Decode rejects unknown letters and another order
		},
	}
}

// Empty reports whether each of the fields is written as an empty text.
func Empty[T any](v T, fields []Field[T]) bool {
	return !slices.ContainsFunc(fields, func(f Field[T]) bool { return f.write(&v) != "" })
}

// Within returns the fields of a struct P that is a part of a T.
func Within[T, P any](at func(*T) *P, fields []Field[P]) []Field[T] {
	all := make([]Field[T], len(fields))
	for i, field := range fields {
		all[i] = Field[T]{
			write: func(v *T) string { return field.write(at(v)) },
			read:  func(v *T, text string) bool { return field.read(at(v), text) },
		}
	}
	return all
}
