package redisrevocations

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// bare is publish and subscribe of Redis without anything around it: what a message costs
// at the least.
type bare struct {
	client *redis.Client

	mu sync.Mutex // guards at
	at []int64
}

func (p *played) listenBare(ctx context.Context, count int) error {
	if p.bare == nil {
		p.bare = &bare{client: redis.NewClient(&redis.Options{Addr: p.part.Redis})}
		subscription := p.bare.client.Subscribe(ctx, "bare")
		if _, err := subscription.Receive(ctx); err != nil {
			return err
		}
		go func() {
			for message := range subscription.Channel() {
				i, _ := strconv.Atoi(message.Payload)
				now := time.Now().UnixNano()
				p.bare.mu.Lock()
				if i < len(p.bare.at) {
					p.bare.at[i] = now
				}
				p.bare.mu.Unlock()
			}
		}()
	}
	p.bare.mu.Lock()
	defer p.bare.mu.Unlock()
	p.bare.at = make([]int64, count)
	return nil
}

func (b *bare) seen() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.at)
}

func (b *bare) publish(ctx context.Context, i int) error {
	return b.client.Publish(ctx, "bare", strconv.Itoa(i)).Err()
}
