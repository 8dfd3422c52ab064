package webhook

// Remembered returns how many messages the handler knows.
func Remembered(h *Handler) int {
	h.delivered.mu.Lock()
	defer h.delivered.mu.Unlock()
	return len(h.delivered.newer) + len(h.delivered.older) + len(h.delivered.pending)
}
