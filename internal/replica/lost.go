package replica

// setLost records that revocations which were published until now may be missing.
func (r *Replica) setLost() { r.lost.Store(int64(r.now())) }

// hasLost records that the stream lacks entries that it had.
func (r *Replica) hasLost() {
	r.setLost()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.began.IsZero() {
		r.former = r.began
	}
}

// beganAsBefore reports whether the stream, of which entries were lost, does not say so. A
// stream without a start, such as one that another program has begun, does not, either.
func (r *Replica) beganAsBefore() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.began == r.former
}

// readAnew makes the next read begin with the first entry.
func (r *Replica) readAnew(at *Position) {
	at.Revocations, r.catchingUp = ID{}, true
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reading++
	r.last, r.began, r.stated = ID{}, ID{}, ID{}
}
