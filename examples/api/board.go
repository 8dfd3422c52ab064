package main

import (
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// board publishes announcements to the clients that read them. The zero board is ready.
// A real service stores announcements in a database.
type board struct {
	mu      sync.Mutex // guards readers
	readers map[grimoireauth.ClassID]map[chan announcement]bool
}

// unread is how many announcements a slow reader may be behind before it is
// disconnected. Publishing never waits for a reader.
const unread = 16

// publish sends an announcement to every reader in the instructor's class, and to no
// other class. The type of the parameter says that only instructors publish.
func (b *board) publish(by grimoireauth.Instructor, title string) announcement {
	out := announcement{Title: title, By: by.Member, At: time.Now().UTC().Truncate(time.Second)}
	b.mu.Lock()
	defer b.mu.Unlock()
	for reader := range b.readers[by.Class] {
		select {
		case reader <- out:
		default:
			b.leave(by.Class, reader)
		}
	}
	return out
}

// read returns the announcements of a class from now on, and a function to stop. The
// channel is closed when the reader is too far behind.
func (b *board) read(class grimoireauth.ClassID) (<-chan announcement, func()) {
	reader := make(chan announcement, unread)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers == nil {
		b.readers = make(map[grimoireauth.ClassID]map[chan announcement]bool)
	}
	if b.readers[class] == nil {
		b.readers[class] = make(map[chan announcement]bool)
	}
	b.readers[class][reader] = true
	return reader, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.leave(class, reader)
	}
}

// leave removes a reader, once. The caller holds mu.
func (b *board) leave(class grimoireauth.ClassID, reader chan announcement) {
	if !b.readers[class][reader] {
		return
	}
	close(reader)
	delete(b.readers[class], reader)
	if len(b.readers[class]) == 0 {
		delete(b.readers, class)
	}
}
