package world

// Shrink returns the shortest failing history that it finds by leaving steps out: halves
// first, then quarters, and at last single steps. It calls fails for each of them, at most
// so many times.
func Shrink(h History, fails func(History) bool, most int) History {
	for size := (len(h) + 1) / 2; size >= 1; {
		shorter := false
		for from := 0; from < len(h) && most > 0; {
			without := make(History, 0, len(h))
			without = append(append(without, h[:from]...), h[min(from+size, len(h)):]...)
			most--
			if fails(without) {
				h, shorter = without, true
			} else {
				from += size
			}
		}
		switch {
		case most <= 0:
			return h
		case size > 1:
			size = (size + 1) / 2
		case !shorter:
			return h
		}
	}
	return h
}
