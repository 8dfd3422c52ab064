package main

// What the generated code calls beside mock/control_saved.go, and only some types
// need: it is written when it is called.
const (
	unchangedCode = `
// unchanged is for what is the same in memory and in a snapshot.
func unchanged[T any](v T) T { return v }
`
	pairCode = `
// pair is an entry of a map whose keys are no strings.
type pair[K, V any] struct {
	Key   K
	Value V
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
`
)
