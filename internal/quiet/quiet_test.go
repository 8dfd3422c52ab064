package quiet_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/promptgrimoire/auth/internal/quiet"
	"github.com/stretchr/testify/require"
)

// talkative quotes what it was given, in its text and in a field.
type talkative struct{ Said string }

func (e talkative) Error() string { return "bad input: " + e.Said }

func TestC14_AQuietErrorPrintsItsTextOnly(t *testing.T) {
	loud := talkative{"hunter2hunter2"}
	err := quiet.Wrap(loud, "Stytch answered 400")
	var found talkative
	require.ErrorAs(t, err, &found)
	require.Equal(t, loud, found)
	require.ErrorIs(t, fmt.Errorf("it failed: %w", err), loud)
	require.EqualError(t, err, "Stytch answered 400")

	type hidden struct{ err error }
	type open struct{ Err error }
	for _, v := range []any{err, &err, open{err}, &open{err}, hidden{err}, &hidden{err}, []error{err}, errors.Join(err, err), fmt.Errorf("it failed: %w", err)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%c", "%t", "%e", "%p"} {
			printed := fmt.Sprintf(verb, v)
			require.NotContains(t, printed, loud.Said, "%s of a %T", verb, v)
			require.NotContains(t, printed, fmt.Sprintf("%x", loud.Said), "%s of a %T", verb, v)
		}
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		require.NotContains(t, string(encoded), loud.Said)
	}
}
