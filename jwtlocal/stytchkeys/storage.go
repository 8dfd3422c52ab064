package stytchkeys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// storage is the key set of a Verifier as keyfunc reads it. Only the Verifier decides what
// is in it, so writing is an error, and reading is by key id.
type storage struct{ verifier *jwtlocal.Verifier }

var (
	errReadOnly = errors.New("stytchkeys: only Stytch changes the key set")
	errOneKey   = errors.New("stytchkeys: keys are read one at a time, by their key id")
)

// KeyRead returns the public key with this id. Its errors are those of
// [jwtlocal.Verifier.PublicKey]; one for a key that is not published matches
// [jwkset.ErrKeyNotFound] as well.
func (s storage) KeyRead(ctx context.Context, keyID string) (jwkset.JWK, error) {
	public, err := s.verifier.PublicKey(ctx, keyID)
	if errors.Is(err, grimoireauth.ErrUnauthenticated) {
		return jwkset.JWK{}, fmt.Errorf("%w: %w", jwkset.ErrKeyNotFound, err)
	}
	if err != nil {
		return jwkset.JWK{}, err
	}
	return jwkset.NewJWKFromKey(public, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{ALG: jwkset.AlgRS256, KID: keyID, USE: jwkset.UseSig},
	})
}

func (storage) KeyReadAll(context.Context) ([]jwkset.JWK, error)     { return nil, errOneKey }
func (storage) KeyDelete(context.Context, string) (bool, error)      { return false, errReadOnly }
func (storage) KeyReplaceAll(context.Context, []jwkset.JWK) error    { return errReadOnly }
func (storage) KeyWrite(context.Context, jwkset.JWK) error           { return errReadOnly }
func (storage) JSON(context.Context) (json.RawMessage, error)        { return nil, errOneKey }
func (storage) JSONPublic(context.Context) (json.RawMessage, error)  { return nil, errOneKey }
func (storage) JSONPrivate(context.Context) (json.RawMessage, error) { return nil, errOneKey }
func (storage) Marshal(context.Context) (jwkset.JWKSMarshal, error) {
	return jwkset.JWKSMarshal{}, errOneKey
}

func (storage) JSONWithOptions(context.Context, jwkset.JWKMarshalOptions, jwkset.JWKValidateOptions) (json.RawMessage, error) {
	return nil, errOneKey
}

func (storage) MarshalWithOptions(context.Context, jwkset.JWKMarshalOptions, jwkset.JWKValidateOptions) (jwkset.JWKSMarshal, error) {
	return jwkset.JWKSMarshal{}, errOneKey
}
