package passwords

import (
	"slices"
	"strings"
	"unicode"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/passhash"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// strengthRequest is POST /v1/b2b/passwords/strength_check.
type strengthRequest struct {
	Password     string `json:"password"`
	EmailAddress string `json:"email_address"`
}

// strengthResponse is its response.
type strengthResponse struct {
	wire.Envelope
	ValidPassword           bool           `json:"valid_password"`
	Score                   int            `json:"score"`
	BreachedPassword        bool           `json:"breached_password"`
	StrengthPolicy          string         `json:"strength_policy"`
	BreachDetectionOnCreate bool           `json:"breach_detection_on_create"`
	LUDSFeedback            ludsFeedback   `json:"luds_feedback"`
	ZXCVBNFeedback          zxcvbnFeedback `json:"zxcvbn_feedback"`
}

type ludsFeedback struct {
	HasLowerCase      bool `json:"has_lower_case"`
	HasUpperCase      bool `json:"has_upper_case"`
	HasDigit          bool `json:"has_digit"`
	HasSymbol         bool `json:"has_symbol"`
	MissingComplexity int  `json:"missing_complexity"`
	MissingCharacters int  `json:"missing_characters"`
}

type zxcvbnFeedback struct {
	Warning     string   `json:"warning"`
	Suggestions []string `json:"suggestions"`
}

// StrengthCheck tells how good a password is. The policy is always
// zxcvbn, Stytch's default.
// Source: https://stytch.com/docs/b2b/api/password-strength-check
func StrengthCheck(_ *core.Request, in strengthRequest) (*strengthResponse, error) {
	if in.Password == "" {
		return nil, wire.FieldError("invalid_argument", "password is missing")
	}
	out := &strengthResponse{
		Score:                   passhash.Strength(in.Password, in.EmailAddress),
		BreachedPassword:        slices.Contains(passhash.BreachedPasswords, strings.ToLower(in.Password)),
		StrengthPolicy:          "zxcvbn",
		BreachDetectionOnCreate: true,
		LUDSFeedback: ludsFeedback{
			HasLowerCase: strings.ContainsFunc(in.Password, unicode.IsLower),
			HasUpperCase: strings.ContainsFunc(in.Password, unicode.IsUpper),
			HasDigit:     strings.ContainsFunc(in.Password, unicode.IsDigit),
			HasSymbol:    strings.ContainsFunc(in.Password, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }),
		},
		ZXCVBNFeedback: zxcvbnFeedback{Suggestions: []string{}},
	}
	// Eight characters of three kinds are Stytch's defaults for its other policy.
	kinds := 0
	for _, has := range []bool{out.LUDSFeedback.HasLowerCase, out.LUDSFeedback.HasUpperCase, out.LUDSFeedback.HasDigit, out.LUDSFeedback.HasSymbol} {
		if has {
			kinds++
		}
	}
	out.LUDSFeedback.MissingComplexity = max(0, 3-kinds)
	out.LUDSFeedback.MissingCharacters = max(0, 8-len([]rune(in.Password)))
	out.ValidPassword = out.Score >= passhash.ValidScore && !out.BreachedPassword
	if out.Score < passhash.ValidScore {
		out.ZXCVBNFeedback = zxcvbnFeedback{
			Warning:     "This password is easy to guess.",
			Suggestions: []string{"Add another word or two. Uncommon words are better."},
		}
	}
	return out, nil
}
