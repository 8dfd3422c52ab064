package breaker

// Mark is the moment of a failure. It tells later whether the outage has ended since. The
// zero Mark stands for an outage that goes on.
type Mark struct {
	breaker           *Breaker
	class             Class
	answers, closings uint64
}

// mark returns the mark of now. mu is held.
func (b *Breaker) mark(class Class) Mark {
	return Mark{breaker: b, class: class, answers: b.circuits[class].answers, closings: b.closings(class)}
}

func (b *Breaker) closings(class Class) uint64 {
	return b.circuits[class].closings + b.circuits[Server].closings
}

// Ongoing reports whether calls of its class are refused now, or none of them was answered
// since.
func (m Mark) Ongoing() bool {
	if m.breaker == nil {
		return true
	}
	m.breaker.mu.Lock()
	defer m.breaker.mu.Unlock()
	return m.refused() || m.breaker.circuits[m.class].answers == m.answers
}

// Refused reports whether calls of its class are refused now.
func (m Mark) Refused() bool {
	if m.breaker == nil {
		return false
	}
	m.breaker.mu.Lock()
	defer m.breaker.mu.Unlock()
	return m.refused()
}

func (m Mark) refused() bool {
	return m.breaker.circuits[m.class].open || m.breaker.circuits[Server].open
}

// Over reports whether an outage has ended since.
func (m Mark) Over() bool {
	if m.breaker == nil {
		return false
	}
	m.breaker.mu.Lock()
	defer m.breaker.mu.Unlock()
	return !m.refused() && m.breaker.closings(m.class) != m.closings
}
