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

// unchanged is for what is the same in memory and in a snapshot.
func unchanged[T any](v T) T { return v }

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

// pair is an entry of a map whose keys are no strings.
type pair[K, V any] struct {
	Key   K `json:"key"`
	Value V `json:"value"`
}

func pairsOf[K comparable, A, L, B any](key func(K) L, each func(A) B) func(map[K]A) []pair[L, B] {
	return func(in map[K]A) []pair[L, B] {
		if in == nil {
			return nil
		}
		out := make([]pair[L, B], 0, len(in))
		for k, v := range in {
			out = append(out, pair[L, B]{key(k), each(v)})
		}
		return out
	}
}

func fromPairs[K comparable, A, L, B any](key func(L) K, each func(B) A) func([]pair[L, B]) map[K]A {
	return func(in []pair[L, B]) map[K]A {
		if in == nil {
			return nil
		}
		out := make(map[K]A, len(in))
		for _, p := range in {
			out[key(p.Key)] = each(p.Value)
		}
		return out
	}
}
