package main

import (
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// board is where announcements are put up, and who reads them as they come. The zero
// board is ready. A real service keeps this in a database.
type board struct {
	mu      sync.Mutex // guards readers
	readers map[grimoireauth.ClassID]map[chan announcement]bool
}

// unread is how many announcements a slow reader may be behind before they are put
// off: nobody waits for them.
const unread = 16

// publish tells everybody who reads along in the instructor's class, and no other.
// The parameter's type says that it is for instructors.
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

// read returns what is published in a class from now on, and how to stop. The channel
// is closed when the reader is too far behind.
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

// leave takes a reader off, once; mu is held.
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
