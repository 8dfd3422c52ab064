package main

import (
	"crypto/hmac"
	"crypto/sha1" // the hash of authenticator apps
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// authenticator is the app on each person's phone. It knows the keys that were scanned
// or typed in, and nothing of Stytch.
type authenticator struct {
	mu       sync.Mutex // guards accounts
	accounts []account
}

// account is one line of the app, with its recovery codes.
type account struct {
	Name     string
	key      []byte
	Recovery []string // shown when the account was set up here; otherwise empty
}

const (
	codeLife    = 30 // seconds
	maxAccounts = 100
)

// code returns the six digits of a half minute (RFC 6238, RFC 4226 section 5.3).
func (a account) code(halfMinute int64) string {
	mac := hmac.New(sha1.New, a.key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(halfMinute))) // a hash's Write returns no error
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

var errNoKey = errors.New("this is no key of an authenticator app")

// readKey reads the text of a QR code (otpauth://totp/…), or the key that is printed
// below it, with or without spaces.
func readKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if u, err := url.Parse(text); err == nil && u.Scheme == "otpauth" {
		text = u.Query().Get("secret")
	}
	text = strings.ToUpper(strings.TrimRight(strings.Join(strings.Fields(text), ""), "="))
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(key) < 10 || len(key) > 128 {
		return nil, errNoKey
	}
	return key, nil
}

// add adds an account to the app.
func (a *authenticator) add(name, text string, recovery ...string) (account, error) {
	key, err := readKey(text)
	if err != nil {
		return account{}, err
	}
	added := account{Name: name, key: key, Recovery: recovery}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.accounts) >= maxAccounts {
		return account{}, errors.New("the app is full")
	}
	a.accounts = append(a.accounts, added)
	return added, nil
}

// install adds an account with recovery codes, and returns the code that confirms it:
// the previous one, so that the present one stays unused.
func (a *authenticator) install(name string, enrollment stytchclient.AppEnrollment) (string, error) {
	var paper []string
	for _, code := range enrollment.RecoveryCodes {
		paper = append(paper, code.Reveal())
	}
	added, err := a.add(name, enrollment.Secret.Reveal(), paper...)
	if err != nil {
		return "", err
	}
	return added.code(time.Now().Unix()/codeLife - 1), nil
}

func (c *classroom) authenticator(w http.ResponseWriter, r *http.Request) {
	type line struct {
		account
		Now, Next string
	}
	now := time.Now().Unix()
	page := struct {
		frame
		Adding  bool // the form is open
		Problem string
		Left    int64 // seconds
		Lines   []line
	}{frame: c.frame(r), Left: codeLife - now%codeLife}
	page.Adding = r.URL.Query().Has("add")
	if r.URL.Query().Get("add") == "again" {
		page.Problem = "That is no key. It is the line of letters and digits below the QR code."
	}
	app := &c.demo.app
	app.mu.Lock()
	for _, a := range app.accounts {
		page.Lines = append(page.Lines, line{a, a.code(now / codeLife), a.code(now/codeLife + 1)})
	}
	app.mu.Unlock()
	if !page.Adding {
		// The page reloads itself when the code changes, but not while a form is open.
		w.Header().Set("Refresh", fmt.Sprint(page.Left))
	}
	show(w, http.StatusOK, "authenticator", page)
}

func (c *classroom) addAccount(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" || len(name) > 100 {
		name = "New account"
	}
	if _, err := c.demo.app.add(name, r.PostFormValue("key")); err != nil {
		http.Redirect(w, r, "/authenticator?add=again", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/authenticator", http.StatusSeeOther)
}
