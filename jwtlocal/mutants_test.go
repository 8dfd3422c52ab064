package jwtlocal

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutant is the program with one check removed or weakened.
type mutant struct{ file, from, to string }

// mutants lists every check that decides about a token or a key. Each must be
// missed by at least one test when it alone is gone: otherwise the tests pass for a
// reason other than the one they name.
//
//	GRIMOIRE_MUTANTS=. go test ./jwtlocal -run TestMutants -timeout 60m -v
//
// applies one by one those whose line matches the pattern, and runs the tests of
// these packages on each. The ordinary suite only checks that the list still fits
// the source.
var mutants = []mutant{
	// The text of a token.
	{"jwtlocal/verify.go", `if len(token) > maxToken {`, `if false {`},
	{"jwtlocal/token.go", `maxToken = 16 << 10`, `maxToken = 16<<10 - 1`},
	{"jwtlocal/token.go", `maxToken = 16 << 10`, `maxToken = 16<<10 + 1`},
	{"jwtlocal/token.go", `token[:min(len(token), maxHeader+1)]`, `token`},
	{"jwtlocal/token.go", `return token[:max(end, 0)], end > 0`, `return token[:max(end, 0)], end >= 0`},
	{"jwtlocal/token.go", `if dot <= len(header)+1 || token[dot] != '.' {`, `if dot < len(header)+1 || token[dot] != '.' {`},
	{"jwtlocal/token.go", `if dot <= len(header)+1 || token[dot] != '.' {`, `if dot <= len(header)+1 {`},
	{"jwtlocal/token.go", `if hasLineBreak(segment) {`, `if false {`},
	{"jwtlocal/token.go", `strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0`, `strings.IndexByte(s, '\n') >= 0`},
	{"jwtlocal/token.go", `strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0`, `strings.IndexByte(s, '\r') >= 0`},
	{"jwtlocal/token.go", `var strict = base64.RawURLEncoding.Strict()`, `var strict = base64.RawURLEncoding`},
	{"jwtlocal/internal/keys/jwk.go", `var strict = base64.RawURLEncoding.Strict()`, `var strict = base64.RawURLEncoding`},
	{"jwtlocal/token.go", `return dst[:n], err == nil`, `return dst[:n], err == nil || n > 0`},

	// The header.
	{"internal/claims/header.go", `string(r.Text()) == "RS256"; !rs256`, `strings.EqualFold(string(r.Text()), "RS256"); !rs256`},
	{"internal/claims/header.go", `string(r.Text()) == "RS256"; !rs256`, `string(r.Text()) != ""; !rs256`},
	{"internal/claims/header.go", `	case !rs256:`, `	case false:`},
	{"internal/claims/header.go", `if !KeyID(kid) {`, `if false {`},
	{"internal/claims/header.go", `h.KeyID == "" || !typed`, `!typed`},
	{"internal/claims/header.go", `h.KeyID == "" || !typed`, `h.KeyID == "" || !typed && false`},
	{"internal/claims/header.go", `r.unlike(memberName, headerNames)`, `_ = headerNames`},
	{"internal/claims/header.go", `Limits{Depth: 2, Members: 32}`, `Limits{Depth: 3, Members: 32}`},
	{"internal/claims/header.go", `Limits{Depth: 2, Members: 32}`, `Limits{Depth: 2, Members: 33}`},
	{"internal/claims/header.go", `err := r.End()`, `err := r.Err()`},
	{"internal/claims/header.go", `len(kid) > maxKeyID`, `len(kid) > 2*maxKeyID`},
	{"internal/claims/header.go", `len(kid) == 0 || `, ``},
	{"internal/claims/header.go", `c <= ' ' || c >= 0x7f || `, `c >= 0x7f || `},
	{"internal/claims/header.go", `c <= ' ' || c >= 0x7f || `, `c <= ' ' || `},
	{"internal/claims/header.go", `c == '"' || c == '\\'`, `c == '"'`},
	{"internal/claims/header.go", `c == '"' || c == '\\'`, `c == '\\'`},
	{"internal/claims/header.go", `"cty", `, ``},
	{"internal/claims/header.go", `"crit", `, ``},
	{"internal/claims/header.go", `"b64", `, ``},
	{"internal/claims/header.go", `"zip", `, ``},
	{"internal/claims/header.go", `"enc",`, ``},
	{"internal/claims/header.go", `"jwk", `, ``},
	{"internal/claims/header.go", `"jku", `, ``},
	{"internal/claims/header.go", `"x5u", `, ``},
	{"internal/claims/header.go", `"x5c", `, ``},
	{"internal/claims/header.go", `"x5t", `, ``},
	{"internal/claims/header.go", `"x5t#S256", `, ``},
	{"internal/claims/header.go", `"p2c", `, ``},
	{"internal/claims/header.go", `"p2s", `, ``},
	{"internal/claims/header.go", `"epk", `, ``},

	// The signature.
	{"jwtlocal/verify.go", `signature, public); err != nil {`, `signature, public); err != nil && len(signature) == 0 {`},
	{"jwtlocal/verify.go", `RS256.Verify(p.signed, `, `RS256.Verify(p.payload, `},
	{"jwtlocal/token.go", `signed: token[:dot]}`, `signed: token[:dot-1]}`},

	// JSON.
	{"internal/claims/reader.go", `if !utf8.Valid(src) {`, `if !utf8.Valid(src) && false {`},
	{"internal/claims/reader.go", `if r.peek() != 0 || r.pos < len(r.src) {`, `if false {`},
	{"internal/claims/reader.go", `if r.peek() != 0 || r.pos < len(r.src) {`, `if r.peek() != 0 {`},
	{"internal/claims/reader.go", `r.depth > r.limits.Depth`, `r.depth > r.limits.Depth+1`},
	{"internal/claims/reader.go", `r.depth > r.limits.Depth`, `r.depth >= r.limits.Depth`},
	{"internal/claims/reader.go", `if r.count-o.first >= r.limits.Members {`, `if r.count-o.first > r.limits.Members {`},
	{"internal/claims/reader.go", `if r.count-o.first >= r.limits.Members {`, `if r.count-o.first+1 >= r.limits.Members {`},
	{"internal/claims/reader.go", `if !r.limits.RepeatedNames && r.repeated(n, o.first) {`, `if false {`},
	{"internal/claims/reader.go", `case n.escaped || o.escaped:`, `case n.escaped && o.escaped:`},
	{"internal/claims/reader.go", `for i := first; i < r.count; i++ {`, `for i := first; i < r.count-1; i++ {`},
	{"internal/claims/reader.go", `for i := first; i < r.count; i++ {`, `for i := first; i < min(r.count, len(r.near)); i++ {`},
	{"internal/claims/reader.go", `	if o.begun && !r.expect(',') {`, `	if o.begun && r.peek() == ',' && !r.expect(',') {`},
	{"internal/claims/reader.go", `	if a.begun && !r.expect(',') {`, `	if a.begun && r.peek() == ',' && !r.expect(',') {`},
	{"internal/claims/reader.go", `	if !r.expect(':') {`, `	if r.peek() == ':' && !r.expect(':') {`},
	{"internal/claims/reader.go", `string(r.src[r.pos:r.pos+len(word)]) != word`, `r.src[r.pos] != word[0]`},
	{"internal/claims/reader.go", `if start, end, escaped := r.scanString(); escaped {`, `if start, end, escaped := r.scanString(); escaped && start > end {`},
	{"internal/claims/text.go", `case c < 0x20:`, `case c < 0x0a:`},
	{"internal/claims/text.go", `if utf16.IsSurrogate(c) {`, `if false {`},
	{"internal/claims/text.go", `!ok || c == unicode.ReplacementChar`, `!ok`},
	{"internal/claims/text.go", `if c < 0x20 || c == 0x7f {`, `if c == 0x7f {`},
	{"internal/claims/text.go", `if c < 0x20 || c == 0x7f {`, `if c < 0x20 {`},
	{"internal/claims/text.go", `c == utf8.RuneError || `, ``},
	{"internal/claims/text.go", `unicode.Cc, unicode.Cf, `, `unicode.Cc, `},
	{"internal/claims/text.go", `unicode.Zl, `, ``},
	{"internal/claims/text.go", `unicode.Zp, `, ``},
	{"internal/claims/date.go", `if r.err == nil && (r.peek() < '0' || r.peek() > '9') {`, `if false {`},
	{"internal/claims/date.go", `if d.Seconds >= 1<<32 {`, `if false {`},
	{"internal/claims/date.go", `if exponent || len(text) > 308 {`, `if exponent {`},
	{"internal/claims/date.go", `if exponent || len(text) > 308 {`, `if len(text) > 308 {`},
	{"internal/claims/date.go", `d.Fraction = d.Fraction || c != '0'`, `d.Fraction = false`},
	{"internal/claims/date.go", `if err := t.UnmarshalText(text); err != nil || !strictTime(text) {`, `if err := t.UnmarshalText(text); err != nil {`},
	{"internal/claims/date.go", `text[13] != ':' || `, ``},
	{"internal/claims/date.go", ` || bytes.IndexByte(text, ',') >= 0`, ` || bytes.IndexByte(text, '#') >= 0`},
	{"internal/claims/date.go", `string(hour) < "24" && `, `string(hour) < "9" && `},
	{"internal/claims/date.go", ` && string(minute) < "60"`, ` && string(minute) < "9"`},

	// Names and kinds of claims.
	{"internal/claims/claims.go", `r.unlike(memberName, topNames)`, `_ = topNames`},
	{"internal/claims/claims.go", `r.unlike(memberName, sessionNames)`, `_ = sessionNames`},
	{"internal/claims/claims.go", `r.unlike(memberName, organizationNames)`, `_ = organizationNames`},
	{"internal/claims/claims.go", `r.unlike(memberName, factorNames)`, `_ = factorNames`},
	{"internal/claims/claims.go", `if bytes.EqualFold(memberName, n) {`, `if string(bytes.ToLower(memberName)) == string(n) {`},
	{"internal/claims/claims.go", `limits = Limits{Depth: 16, Members: 256}`, `limits = Limits{Depth: 17, Members: 256}`},
	{"internal/claims/claims.go", `limits = Limits{Depth: 16, Members: 256}`, `limits = Limits{Depth: 16, Members: 257}`},
	{"internal/claims/claims.go", `if n == 0 {`, `if false {`},
	{"internal/claims/claims.go", `case maxAudiences:`, `case maxAudiences + 1:`},
	{"internal/claims/claims.go", `more = append(more, value)`, `more = [][]byte{value}`},
	{"internal/claims/claims.go", `if len(roles) == maxRoles {`, `if false {`},
	{"internal/claims/claims.go", `if len(factors) == maxFactors {`, `if false {`},
	{"internal/claims/claims.go", `len(text) > maxText || `, ``},
	{"internal/claims/claims.go", `len(text) > maxText || !Printable(text)`, `len(text) > maxText`},
	{"internal/claims/claims.go", `roles = append(roles, text(r.shown()))`, `roles = append(roles, text(r.Text()))`},
	{"internal/claims/claims.go", `f.Type = text(r.shown())`, `f.Type = text(r.Text())`},
	{"internal/claims/claims.go", `c.Slug = r.shown()`, `c.Slug = r.Text()`},
	{"internal/claims/claims.go", `if err := r.End(); err != nil {`, `if err := r.Err(); err != nil {`},
	{"internal/claims/claims.go", `!bytes.HasPrefix(memberName, []byte(stytchPrefix)) && r.err == nil`, `r.err == nil`},

	// Who, and when.
	{"jwtlocal/claims.go", `case !oneOf(c.Issuer, r.issuers):`, `case false:`},
	{"jwtlocal/claims.go", `if string(value) == a {`, `if strings.HasPrefix(string(value), a) {`},
	{"jwtlocal/claims.go", `if string(value) == a {`, `if strings.EqualFold(string(value), a) {`},
	{"jwtlocal/claims.go", `if customURL != "" {`, `if false {`},
	{"jwtlocal/verifier.go", `if project.Custom {`, `if true {`},
	{"jwtlocal/claims.go", `case !r.acceptsAudience(c):`, `case false:`},
	{"jwtlocal/audiences.go", `return string(c.Audience) == r.project`, `return string(c.Audience) == r.project || oneOf(c.Audience, r.audiences)`},
	{"jwtlocal/audiences.go", `case string(value) == r.project:`, `case string(value) == r.project || len(r.audiences) > 0:`},
	{"jwtlocal/audiences.go", `case !oneOf(value, r.audiences):`, `case false:`},
	{"jwtlocal/audiences.go", `if bytes.Equal(audience(c, j), value) {`, `if bytes.Equal(audience(c, j), value) && false {`},
	{"jwtlocal/audiences.go", `return project`, `return project || len(r.audiences) > 0`},
	{"jwtlocal/claims.go", `case c.ClientID && c.Scope:`, `case false:`},
	{"jwtlocal/claims.go", `case c.ClientID && c.Scope:`, `case c.ClientID || c.Scope:`},
	{"jwtlocal/claims.go", `case !c.HasSession || !hasForm(c.SessionID, r.sessions...):`, `case !c.HasSession:`},
	{"jwtlocal/claims.go", `case !c.HasOrganization || !hasForm(c.OrganizationID, r.organization):`, `case !c.HasOrganization:`},
	{"jwtlocal/claims.go", `case !hasForm(c.Subject, r.member):`, `case false:`},
	{"jwtlocal/claims.go", `|| len(id) == len(p) `, ``},
	{"jwtlocal/claims.go", ` || len(id) > maxID {`, ` {`},
	{"jwtlocal/claims.go", `if !inID[c] {`, `if !inID[c] && false {`},
	{"jwtlocal/claims.go", `case !c.IssuedAt.Present:`, `case false:`},
	{"jwtlocal/claims.go", `case life <= 0 || life > int64(maxLifetime/time.Second):`, `case life < 0 || life > int64(maxLifetime/time.Second):`},
	{"jwtlocal/claims.go", `case life <= 0 || life > int64(maxLifetime/time.Second):`, `case life <= 0:`},
	{"jwtlocal/token.go", `maxLifetime = time.Hour`, `maxLifetime = time.Hour + time.Second`},
	{"jwtlocal/token.go", `maxLifetime = time.Hour`, `maxLifetime = time.Hour - time.Second`},
	{"jwtlocal/claims.go", `case c.NotBefore.Present && c.NotBefore.Ceil() > c.Expires.Floor():`, `case false:`},
	{"jwtlocal/claims.go", `c.NotBefore.Ceil() > c.Expires.Floor()`, `c.NotBefore.Floor() > c.Expires.Floor()`},
	{"jwtlocal/claims.go", `case !c.EndsAt.IsZero() && c.EndsAt.Before(c.StartedAt):`, `case false:`},
	{"jwtlocal/claims.go", `notBefore: max(c.IssuedAt.Ceil(), c.NotBefore.Ceil())`, `notBefore: c.IssuedAt.Ceil()`},
	{"jwtlocal/claims.go", `notBefore: max(c.IssuedAt.Ceil(), c.NotBefore.Ceil())`, `notBefore: c.NotBefore.Ceil()`},
	{"jwtlocal/claims.go", `notBefore: max(c.IssuedAt.Ceil(), c.NotBefore.Ceil())`, `notBefore: max(c.IssuedAt.Floor(), c.NotBefore.Floor())`},
	{"jwtlocal/claims.go", `t.end = min(t.end, c.EndsAt.Unix())`, `t.end = min(t.end, c.EndsAt.Unix()+1)`},
	{"jwtlocal/claims.go", `	if !c.EndsAt.IsZero() {`, `	if false {`},
	{"jwtlocal/claims.go", `case wall < t.notBefore*second-leeway:`, `case false:`},
	{"jwtlocal/claims.go", `case wall < t.notBefore*second-leeway:`, `case wall <= t.notBefore*second-leeway:`},
	{"jwtlocal/claims.go", `case wall < t.notBefore*second-leeway:`, `case wall < t.notBefore*second-2*leeway:`},
	{"jwtlocal/claims.go", `case wall >= t.end*second+leeway:`, `case wall > t.end*second+leeway:`},
	{"jwtlocal/claims.go", `case wall >= t.end*second+leeway:`, `case wall >= t.end*second+2*leeway:`},
	{"jwtlocal/claims.go", `case wall >= t.end*second+leeway:`, `case wall >= t.end*second:`},
	{"jwtlocal/claims.go", `case r.maxAge > 0 && wall >=`, `case r.maxAge > 0 && wall >`},
	{"jwtlocal/claims.go", `case r.maxAge > 0 && wall >=`, `case r.maxAge < 0 && wall >=`},
	{"jwtlocal/cache.go", `if t.notBefore != t.issued || t.end <= t.issued {`, `if t.end <= t.issued {`},
	{"jwtlocal/verify.go", `if reason == ReasonNotYet {`, `if false {`},
	{"jwtlocal/config.go", `if c.Leeway > maxLeeway {`, `if false {`},

	// Keys.
	{"jwtlocal/internal/keys/jwk.go", `case kty != "RSA":`, `case kty == "EC":`},
	{"jwtlocal/internal/keys/jwk.go", `case fault != nil:`, `case false:`},
	{"jwtlocal/internal/keys/jwk.go", `case !use || !ops || !alg:`, `case !use && false || !ops || !alg:`},
	{"jwtlocal/internal/keys/jwk.go", `case !use || !ops || !alg:`, `case !use || !alg:`},
	{"jwtlocal/internal/keys/jwk.go", `case !use || !ops || !alg:`, `case !use || !ops || !alg && false:`},
	{"jwtlocal/internal/keys/jwk.go", `!claims.KeyID([]byte(k.id)) || `, ``},
	{"jwtlocal/internal/keys/jwk.go", `!strictBase64(k.n) || `, ``},
	{"jwtlocal/internal/keys/jwk.go", ` || !strictBase64(k.e):`, `:`},
	{"jwtlocal/internal/keys/jwk.go", ` && s != "" && !strings.ContainsAny(s, "\r\n")`, ` && s != ""`},
	{"jwtlocal/internal/keys/jwk.go", `} else if r.Folded(name, jwkNames) {`, `} else if false {`},
	{"jwtlocal/internal/keys/jwk.go", `privateNames = []string{"d", `, `privateNames = []string{`},
	{"jwtlocal/internal/keys/jwk.go", `"p", "q", "dp"`, `"q", "dp"`},
	{"jwtlocal/internal/keys/jwk.go", `"p", "q", "dp"`, `"p", "dp"`},
	{"jwtlocal/internal/keys/jwk.go", `"q", "dp", "dq"`, `"q", "dq"`},
	{"jwtlocal/internal/keys/jwk.go", `"dq", "qi"`, `"qi"`},
	{"jwtlocal/internal/keys/jwk.go", `"qi", "oth"`, `"oth"`},
	{"jwtlocal/internal/keys/jwk.go", `"oth", "k"`, `"k"`},
	{"jwtlocal/internal/keys/jwk.go", `"oth", "k"`, `"oth"`},
	{"jwtlocal/internal/keys/jwk.go", `case bits < minRSABits || bits > MaxRSABits:`, `case bits > MaxRSABits:`},
	{"jwtlocal/internal/keys/jwk.go", `case bits < minRSABits || bits > MaxRSABits:`, `case bits < minRSABits:`},
	{"jwtlocal/internal/keys/jwk.go", `case k.N.Bit(0) == 0:`, `case false:`},
	{"jwtlocal/internal/keys/jwk.go", `case k.E < 65537 || k.E&1 == 0:`, `case k.E&1 == 0:`},
	{"jwtlocal/internal/keys/jwk.go", `case k.E < 65537 || k.E&1 == 0:`, `case k.E < 65537:`},
	{"jwtlocal/internal/keys/jwk.go", `case predictable(k.N):`, `case false:`},
	{"jwtlocal/internal/keys/jwk.go", `case published(k.N):`, `case false:`},
	{"jwtlocal/internal/keys/document.go", `; ok && !other.equal(k) {`, `; ok && other.equal(nil) {`},
	{"jwtlocal/internal/keys/document.go", `if len(d.Keys) == 0 {`, `if false {`},
	{"jwtlocal/internal/keys/document.go", `len(elements) > MaxKeys {`, `len(elements) > 1<<20 {`},
	{"jwtlocal/internal/keys/document.go", `case r.Folded(name, []string{"keys"}):`, `case false:`},
	{"jwtlocal/internal/keys/document.go", `if found != 1 {`, `if found == 0 {`},
	{"jwtlocal/internal/keys/set.go", `if now, ok := d.Keys[id]; !ok || !now.equal(k) {`, `if now, ok := d.Keys[id]; ok && !now.equal(k) {`},
	{"jwtlocal/internal/keys/set.go", `if now, ok := d.Keys[id]; !ok || !now.equal(k) {`, `if _, ok := d.Keys[id]; !ok {`},
	{"jwtlocal/internal/keys/set.go", `!published && len(s.Retired) < maxRetired`, `!published`},
	{"jwtlocal/internal/keys/set.go", `!published && len(s.Retired) < maxRetired`, `(published || !published) && len(s.Retired) < maxRetired`},
	{"jwtlocal/internal/keys/store.go", `case old >= s.config.MaxAge:`, `case false:`},
	{"jwtlocal/internal/keys/store.go", `case (set.Seeded || old >= s.config.RefreshAfter) && now`, `case set.Seeded && now`},
	{"jwtlocal/internal/keys/store.go", `case (set.Seeded || old >= s.config.RefreshAfter) && now`, `case old >= s.config.RefreshAfter && now`},
	{"jwtlocal/internal/keys/store.go", ` && now.UnixNano() >= s.retryAt.Load():`, `:`},
	{"jwtlocal/internal/keys/store.go", `s.retryAt.Store(s.failed.Add(s.pause()).UnixNano())`, `s.retryAt.Store(s.failed.Add(time.Hour).UnixNano())`},
	{"jwtlocal/internal/keys/store.go", `s.isConclusive(set, id, now) {`, `true {`},
	{"jwtlocal/internal/keys/store.go", `return s.inflight == nil && age(now, set.Fetched) < s.config.Cooldown`, `return false`},
	{"jwtlocal/internal/keys/store.go", `	case set.Seeded:
		return false`, `	case false:
		return false`},
	{"jwtlocal/internal/keys/store.go", `return s.inflight == nil && age(`, `return age(`},
	{"jwtlocal/internal/keys/store.go", `age(now, set.Fetched) < s.config.Cooldown`, `age(now, set.Fetched) < s.config.Cooldown || !s.failed.IsZero()`},
	{"jwtlocal/internal/keys/store.go", `	if s.set.Load() == old {`, `	if true {`},
	{"jwtlocal/internal/keys/store.go", `ctx.Err() == nil && s.isTrusted(set, now) && set.Retired[id] != nil:`, `false:`},
	{"jwtlocal/internal/keys/store.go", `if !s.failed.IsZero() && now.Sub(s.failed) < s.pause() {`, `if false {`},
	{"jwtlocal/internal/keys/store.go", `	if s.inflight != nil {
		return s.inflight
	}`, ``},
	{"jwtlocal/internal/keys/store.go", `ctx = context.WithoutCancel(ctx)`, `_ = ctx`},
	{"jwtlocal/internal/keys/store.go", `backoff.Pause(firstPause, longestPause, s.failures-1)`, `10 * backoff.Pause(firstPause, longestPause, s.failures-1)`},
	{"jwtlocal/internal/keys/store.go", `	if s.lastErr = err; err == nil {`, `	if s.lastErr = err; err == nil || d.Keys == nil {`},
	{"jwtlocal/internal/keys/fetch.go", `if response.StatusCode != http.StatusOK {`, `if response.StatusCode >= 300 {`},
	{"jwtlocal/internal/keys/fetch.go", `if response.StatusCode != http.StatusOK {`, `if false {`},
	{"jwtlocal/internal/keys/fetch.go", `CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },`, ``},
	{"jwtlocal/internal/keys/fetch.go", `ctx, cancel := context.WithTimeout(ctx, FetchDeadline)`, `ctx, cancel := context.WithTimeout(ctx, 2*FetchDeadline)`},
	{"jwtlocal/internal/keys/fetch.go", `	case len(body) > limit:
			return nil, ErrTooLong`, `	case false:
			return nil, ErrTooLong`},
	{"jwtlocal/internal/keys/fetch.go", `		if err := ctx.Err(); err != nil {
			return nil, err
		}
`, ``},
	{"jwtlocal/internal/keys/fetch.go", `own.MaxResponseHeaderBytes = maxHeader`, ``},
	{"jwtlocal/internal/keys/fetch.go", `if r := recover(); r != nil {`, `if r := error(nil); r != nil {`},

	// The memory of verified tokens.
	{"jwtlocal/verify.go", `if checked.status == statusGood {
		if e`, `{
		if e`},
	{"jwtlocal/verify.go", `		clear(buffer[:len(p.payload)])`, ``},
	{"jwtlocal/cache.go", `e.digest == *d {`, `[8]byte(e.digest[:8]) == [8]byte(d[:8]) {`},
	{"jwtlocal/token.go", `	h.Sum(d[:0])`, `	_ = h`},
	{"jwtlocal/token.go", `token = token[n:]`, `token = ""`},
	{"jwtlocal/cache.go", `for s.count >= s.limit || s.bytes+weight > s.budget {`, `for s.count >= s.limit {`},
	{"jwtlocal/cache.go", `for s.count >= s.limit || s.bytes+weight > s.budget {`, `for s.bytes+weight > s.budget {`},
	{"jwtlocal/cache.go", `if s.limit == 0 || weight > s.budget {`, `if s.limit == 0 {`},
	{"jwtlocal/cache.go", `if old[i].digest != e.digest && `, `if `},
	{"jwtlocal/internal/keys/set.go", `	if old == nil || altered {`, `	if old == nil || altered && false {`},
	{"jwtlocal/internal/keys/set.go", `	if old == nil || altered {`, `	if altered || true {`},
}

// TestMutants: see mutants.
func TestMutants(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	pattern := os.Getenv("GRIMOIRE_MUTANTS")
	wanted, err := regexp.Compile(pattern)
	require.NoError(t, err)
	survivors := 0
	for i, m := range mutants {
		path := filepath.Join(root, m.file)
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(source), m.from), "mutant %d no longer fits: %q must occur once in %s", i, m.from, m.file)
		if pattern == "" || !wanted.MatchString(m.file+" "+m.from) {
			continue
		}
		changed := strings.Replace(string(source), m.from, m.to, 1)
		if strings.Contains(m.to, "strings.") && !strings.Contains(changed, `"strings"`) {
			changed = strings.Replace(changed, `import "errors"`, "import (\n\t\"errors\"\n\t\"strings\"\n)", 1)
		}
		out, killed := runOn(t, path, changed)
		if !killed {
			survivors++
			t.Errorf("mutant %d survives: in %s, %q for %q\n%s", i, m.file, m.to, m.from, out)
			continue
		}
		t.Logf("mutant %d, %q for %q: %s", i, m.to, m.from, failed.FindString(out))
	}
	t.Logf("%d mutants, %d survive", len(mutants), survivors)
}

// failed finds the test that noticed.
var failed = regexp.MustCompile(`--- FAIL: \S+`)

// runOn runs the tests with another content for one file, and reports whether a test
// failed.
func runOn(t *testing.T, path, content string) (string, bool) {
	dir := t.TempDir()
	replacement := filepath.Join(dir, "mutant.go")
	require.NoError(t, os.WriteFile(replacement, []byte(content), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: replacement}})
	require.NoError(t, err)
	list := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(list, overlay, 0o600))
	command := exec.Command("go", "test", "-short", "-failfast", "-vet=off", "-timeout=3m", "-overlay="+list, "../internal/claims", "./internal/keys", ".")
	command.Env = append(os.Environ(), "GRIMOIRE_MUTANTS=")
	out, err := command.CombinedOutput()
	if strings.Contains(string(out), "[build failed]") || strings.Contains(string(out), "[setup failed]") {
		t.Errorf("the mutant does not compile: %s", out)
	}
	return string(out), err != nil
}
