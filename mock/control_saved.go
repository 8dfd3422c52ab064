package mock

import (
	"errors"
	"maps"
	"slices"
)

// The generated code in control_savedstate.go puts these functions together, one
// for each type of the store's: what is shared or circular in memory becomes
// numbers into lists.

// errDangling says that a snapshot refers to something that it does not have.
var errDangling = errors.New("the snapshot refers to something that is not in it")

// reference returns the number of an object in its list, counted from one; zero
// is nil. Whoever is first to refer to an object has it saved.
func reference[T, S any](seen *map[*T]int, list *[]S, save func(T) S, object *T) int {
	if object == nil {
		return 0
	}
	if n, ok := (*seen)[object]; ok {
		return n
	}
	n := len(*list) + 1
	remember(seen, object, n)
	var place S
	*list = append(*list, place) // taken before the object's own references are numbered
	(*list)[n-1] = save(*object)
	return n
}

func remember[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = make(map[K]V)
	}
	(*m)[key] = value
}

// dereference is the way back.
func dereference[T any](err *error, list []T, n int) *T {
	switch {
	case n == 0:
		return nil
	case n < 0 || n > len(list):
		*err = errDangling
		return nil
	}
	return &list[n-1]
}

func listOf[A, B any](each func(A) B) func([]A) []B {
	return func(in []A) []B {
		if in == nil {
			return nil
		}
		out := make([]B, len(in))
		for i, v := range in {
			out[i] = each(v)
		}
		return out
	}
}

func mapOf[K ~string, A, B any](each func(A) B) func(map[K]A) map[K]B {
	return func(in map[K]A) map[K]B {
		if in == nil {
			return nil
		}
		out := make(map[K]B, len(in))
		// In order, so that one state is always saved as the same bytes.
		for _, k := range slices.Sorted(maps.Keys(in)) {
			out[k] = each(in[k])
		}
		return out
	}
}
