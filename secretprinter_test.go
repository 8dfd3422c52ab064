package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// printer prints values in every way that a log or a page might, and looks for secrets in
// the output.
type printer struct {
	forms   map[string]string // by printed form of a secret: its name
	printed int
	leaks   map[string]bool
}

// keep records a secret. The printer looks for a part of it, so that it also finds text
// that is shortened or broken into lines.
func (p *printer) keep(what string, secret grimoireauth.Secret) {
	text := secret.Reveal()
	if len(text) < 12 {
		return // a code of six digits could be a part of another number
	}
	// Base64 encodes three bytes at a time, so the part begins at a multiple of three.
	from := max(len(text)-24, 0) / 3 * 3
	part := text[from : from+(len(text)-from)/3*3]
	p.forms[part] = what
	p.forms[hex.EncodeToString([]byte(part))] = what + " in hexadecimal"
	p.forms[strings.ToUpper(hex.EncodeToString([]byte(part)))] = what + " in HEXADECIMAL"
	p.forms[fmt.Sprintf("% x", part)] = what + " in spaced hexadecimal"
	p.forms[base64.StdEncoding.EncodeToString([]byte(part))] = what + " in base64"
	p.forms[strings.Trim(fmt.Sprint([]byte(part)), "[]")] = what + " as a list of bytes"
}

// look records the secrets in an output.
func (p *printer) look(where, printed string) {
	p.printed++
	for form, what := range p.forms {
		if strings.Contains(printed, form) {
			p.leaks[where+" prints "+what] = true
		}
	}
}

// print prints v, and what contains it.
func (p *printer) print(where string, v any) {
	p.every(where, v)
	type open struct{ V any }
	type hidden struct{ v any }
	for how, nest := range map[string]any{
		"in a struct": open{v}, "in a pointer to a struct": &open{v},
		"in a private field": hidden{v}, "in a pointer to a private field": &hidden{v},
		"in a slice": []any{v}, "in a map": map[string]any{"v": v}, "behind a pointer": &v,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} { // one of each kind
			p.look(where+" "+how+" with "+verb, fmt.Sprintf(verb, nest))
		}
		p.json(where+" "+how, nest)
	}
}

// nested prints the value that at points to, copied into another struct. That the value
// may not be copied makes no difference to its output.
func nested[T any](p *printer, where string, at *T) {
	type inner struct{ V T }
	var outer struct {
		Open   T
		hidden inner
	}
	for _, to := range []*T{&outer.Open, &outer.hidden.V} {
		reflect.ValueOf(to).Elem().Set(reflect.ValueOf(at).Elem())
	}
	p.print(where+" by value", &outer)
	p.every(where+" by value, itself", reflect.ValueOf(&outer).Elem().Field(0).Interface())
	_ = outer.hidden
}

// every uses every verb of fmt with an output of its own, both handlers of log/slog,
// encoding/json and encoding/xml.
func (p *printer) every(where string, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%+s", "%q", "%#q", "%x", "% x", "%X", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%p", "%T", "%z"} {
		p.look(where+" with "+verb, fmt.Sprintf(verb, v))
	}
	p.look(where+" with Sprint", fmt.Sprint(v, v))
	p.look(where+" with Sprintln", fmt.Sprintln(v))
	p.look(where+" with Errorf", fmt.Errorf("%w %v", context.Canceled, v).Error())
	var out bytes.Buffer
	for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		logger.Info("here", "v", v, slog.Group("group", "v", v))
		logger.With("v", v).Info("here")
	}
	p.look(where+" with slog", out.String())
	p.json(where, v)
	if encoded, err := xml.Marshal(v); err == nil {
		p.look(where+" with encoding/xml", string(encoded))
	}
}

func (p *printer) json(where string, v any) {
	if encoded, err := json.Marshal(v); err == nil {
		p.look(where+" with encoding/json", string(encoded))
	} else {
		p.look(where+" with the error of encoding/json", err.Error())
	}
}

// err prints an error, and all that it wraps.
func (p *printer) err(where string, err error) {
	if err == nil {
		return
	}
	p.print(where, err)
	p.print(where+" wrapped", fmt.Errorf("it failed: %w", err))
	p.print(where+" joined", errors.Join(err, io.EOF))
	var explained *grimoireauth.Error
	if errors.As(err, &explained) {
		nested(p, where+", *Error", explained)
	}
	var owed *stytchclient.StepUpError
	if errors.As(err, &owed) {
		nested(p, where+", *StepUpError", owed)
	}
}

// The printer finds a secret in each way to leak it.
func TestC14_TheSearchFindsWhatIsPrinted(t *testing.T) {
	secret := "k3ZQ-p9aV7xX0mYw2LrT8bNcD4fGhJ6s"
	for name, leak := range map[string]any{
		"a string":               secret,
		"bytes":                  []byte(secret),
		"a field":                struct{ S string }{secret},
		"a private field":        struct{ s string }{secret},
		"a pointer to a struct":  &struct{ s string }{secret},
		"an error":               errors.New("bad " + secret),
		"a String method":        url.UserPassword("u", secret),
		"a key of a map":         map[string]int{secret: 1},
		"a context with a value": context.WithValue(t.Context(), http.LocalAddrContextKey, secret),
	} {
		p := &printer{forms: map[string]string{}, leaks: map[string]bool{}}
		p.keep("it", grimoireauth.NewSecret(secret))
		p.print(name, leak)
		require.NotEmpty(t, p.leaks, name)
	}
	p := &printer{forms: map[string]string{}, leaks: map[string]bool{}}
	p.keep("it", grimoireauth.NewSecret(secret))
	type badge struct{ token string }
	nested(p, "a struct", &badge{secret})
	require.NotEmpty(t, p.leaks)
}
