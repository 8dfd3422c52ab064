package stytchclient_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// from is a context of a request from this address.
func from(t testing.TB, address string) context.Context {
	return grimoireauth.ContextWithClientAddress(t.Context(), netip.MustParseAddr(address))
}

const authenticates = "POST /v1/b2b/sessions/authenticate"

// Each client address has a share of calls. One that has used its share up is refused
// here, and takes nothing from others, from the program itself, or from what is known.
func TestX01_AddressesHaveSharesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		wrong := grimoireauth.NewCredentials("", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		ask := func(ctx context.Context) error {
			_, err := d.client.Sessions.Authenticate(ctx, wrong)
			return err
		}
		for range 900 {
			require.ErrorIs(t, ask(from(t, "203.0.113.9")), grimoireauth.ErrSessionEnded)
		}
		before := attempts(d.stytch, authenticates)
		require.Equal(t, 900, before)
		refused := 0
		for range 1000 {
			if err := ask(from(t, "203.0.113.9")); !isEnded(err) {
				refused++
				var own *grimoireauth.Error
				require.ErrorAs(t, err, &own)
				require.Equal(t, grimoireauth.ErrOverShare, own.Kind)
				require.Zero(t, own.Status, "it is not Stytch that refuses")
				require.GreaterOrEqual(t, own.RetryAfter, time.Second)
			}
		}
		require.Equal(t, 1000, refused, "within one moment")
		require.Equal(t, before, attempts(d.stytch, authenticates), "what is refused is not asked")
		time.Sleep(10 * time.Second)
		for range 100 {
			_ = ask(from(t, "203.0.113.9"))
		}
		require.Equal(t, before+10, attempts(d.stytch, authenticates), "one a second")
		for range 1000 {
			require.ErrorIs(t, ask(t.Context()), grimoireauth.ErrSessionEnded, "the program's own")
			require.ErrorIs(t, ask(asker.With(t.Context(), asker.Asker{Address: netip.MustParseAddr("203.0.113.9"), Known: true})), grimoireauth.ErrSessionEnded, "known")
		}
		require.ErrorIs(t, ask(from(t, "203.0.113.10")), grimoireauth.ErrSessionEnded, "another address")
	})
}

func isEnded(err error) bool {
	_, wait := grimoireauth.RetryAfter(err)
	return err != nil && !wait
}

// An IPv6 customer has 64 bits of addresses, and one share.
func TestX01_OneNetworkIsOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		wrong := grimoireauth.NewCredentials("", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		for n := range 2000 {
			address := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 14: byte(n >> 8), 15: byte(n)})
			_, _ = d.client.Sessions.Authenticate(grimoireauth.ContextWithClientAddress(t.Context(), address), wrong)
		}
		require.Equal(t, 900, attempts(d.stytch, authenticates))
	})
}

// Beyond their bursts many strangers together cost little more than one. An address from
// which a sign-in was completed has its own second.
func TestX01_StrangersShareWhatIsBeyond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.stytch.AddClass("LAWS1100")
		d.stytch.AddStudent(class.ID, "ada@example.edu")
		wrong := grimoireauth.NewCredentials("", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		addresses := []string{"203.0.113.1"}
		for n := range 20 {
			addresses = append(addresses, netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}).String())
		}
		require.NoError(t, d.client.SignIn.SendMagicLink(from(t, addresses[0]), stytchclient.MagicLink{Class: class.ID, Email: "ada@example.edu"}))
		_, err := d.client.SignIn.WithMagicLink(from(t, addresses[0]), stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret(d.stytch.Outbox()[0].Token)})
		require.NoError(t, err)
		for _, address := range addresses {
			for range 900 {
				_, _ = d.client.Sessions.Authenticate(from(t, address), wrong)
			}
		}
		mine, theirs := 0, 0
		for range 600 {
			for i, address := range addresses {
				switch _, err := d.client.Sessions.Authenticate(from(t, address), wrong); {
				case isEnded(err) && i == 0:
					mine++
				case isEnded(err):
					theirs++
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		require.InDelta(t, 60, mine, 3, "it has its own")
		require.InDelta(t, 600, theirs, 30, "twenty strangers have ten a second in all")
	})
}

// A program learns beforehand that a call would be refused.
func TestX01_ClientShareTellsWithoutACall(t *testing.T) {
	attending(t, func(t *testing.T, a *attendance) {
		ctx := grimoireauth.ContextWithClientAddress(t.Context(), netip.MustParseAddr("198.51.100.1"))
		stranger := grimoireauth.NewCredentials("", strings.Repeat("x", 43)+"=")
		for range 950 {
			told := a.client.ClientShare(ctx)
			_, err := a.client.Sessions.Authenticate(ctx, stranger)
			require.Equal(t, told != nil, errors.Is(err, grimoireauth.ErrRateLimited))
		}
		told := a.client.ClientShare(ctx)
		require.ErrorIs(t, told, grimoireauth.ErrRateLimited)
		wait, ok := grimoireauth.RetryAfter(told)
		require.True(t, ok)
		require.Equal(t, time.Second, wait)
		require.NoError(t, a.client.ClientShare(t.Context()), "the program's own")
	})
}
