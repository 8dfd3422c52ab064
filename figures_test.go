package auth_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the README's figures anew from the last measurements")

// costs are what internal/bench has written.
type costs struct {
	Date       string
	Go         string
	Processors int
	Load       float64 `json:"load_before"`
	TokenBytes int     `json:"token_bytes"`
	Held       int     `json:"tokens_held"`
	Figures    map[string]float64
}

// Of returns a figure with so many digits. The name must be there, so that a figure which
// is not measured any more does not stay in the README.
func (c costs) Of(name string, digits int) (string, error) {
	value, ok := c.Figures[name]
	if !ok {
		return "", fmt.Errorf("internal/bench has no figure %q", name)
	}
	return strconv.FormatFloat(value, 'f', digits, 64), nil
}

// Most returns the largest of several figures.
func (c costs) Most(digits int, names ...string) (string, error) {
	most := 0.0
	for _, name := range names {
		value, ok := c.Figures[name]
		if !ok {
			return "", fmt.Errorf("internal/bench has no figure %q", name)
		}
		most = max(most, value)
	}
	return strconv.FormatFloat(most, 'f', digits, 64), nil
}

// Machine says what else the machine did.
func (c costs) Machine() string {
	if c.Load >= 0 && c.Load < 1 {
		return "an idle machine"
	}
	return fmt.Sprintf("a busy machine (load %.0f)", c.Load)
}

// Kilobytes of a token.
func (c costs) Kilobytes() string { return fmt.Sprintf("%.1f", float64(c.TokenBytes)/1000) }

// Thousands writes a number as the README does.
func (c costs) Thousands() string {
	text := strconv.Itoa(c.Held)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// times are what .ci/times.sh has written.
type times struct {
	Machine    string `json:"-"`
	Date       string
	Go         string
	Processors int
	Load       float64 `json:"load_before"`
	Classroom  commandTimes
	Tests      commandTimes
}

type commandTimes struct {
	Cold      int `json:"cold_seconds"`
	Warm      int `json:"warm_seconds"`
	Modules   int
	Megabytes int
}

// span writes a time in words.
func span(seconds int) string {
	if seconds < 100 {
		return strconv.Itoa(max(seconds, 1)) + " s"
	}
	return strconv.Itoa((seconds+30)/60) + " min"
}

func read[T any](t *testing.T, file string, into *T) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into), file)
}

// parts are the parts of the README with measured figures, by the name in the comments
// around them.
var parts = map[string]string{
	"times": `The only thing to install is Go, 1.25 or newer. The first time it downloads modules, {{.Page.Modules}} for the classroom ({{.Page.Megabytes}} MB) and {{.Tests.Modules}} for the tests ({{.Tests.Megabytes}} MB), and compiles everything, its own standard library included; after that nothing leaves your machine. Measured by ` + "`.ci/times.sh`" + ` on {{.Processors}} processors, with {{.Go}}, until the first page is there and until the last test has passed:

| | empty caches | warm caches |
| --- | --- | --- |
{{range .All}}| the classroom, {{.Machine}} | {{span .Classroom.Cold}} | {{span .Classroom.Warm}} |
| all tests, {{.Machine}} | {{span .Tests.Cold}} | {{span .Tests.Warm}} |
{{end}}`,
	"costs": `One token of {{.Kilobytes}} kB; the unit is SHA-256 and one RSA-2048 verification of it, which every check needs. {{.Go}}, {{.Processors}} processors, {{.Machine}}, {{.Date}}. To repeat: ` + "`cd internal/bench && go run . -write results.json`" + `

| | this module | others |
| --- | --- | --- |
| a token seen for the first time | {{.Of "first sight" 2}} | golang-jwt with keyfunc {{.Of "golang-jwt and keyfunc" 2}}, stytch-go {{.Of "stytch-go AuthenticateJWTLocal" 2}} |
| a token seen before | {{.Of "seen before, 1,000 tokens" 3}} | {{.Of "stytch-go's local check ÷ seen before (1,000 tokens)" 0}} times as fast as stytch-go's local check |
| a bad signature; expired; the wrong issuer | {{.Of "bad signature" 2}}; {{.Of "expired" 2}}; {{.Of "wrong issuer" 2}} | |
| garbage | at most {{.Most 3 "garbage" "garbage between dots" "a token cut short" "alg none" "17 kB" "1 MB"}}, and 1 MB costs {{.Of "refusing 1 MB ÷ 17 kB" 2}} times what 17 kB cost | |
| a guard with session, class and role, seen before | {{.Of "overhead of Require and InClass ÷ floor" 2}} more than the bare handler | {{.Of "stytch-go ÷ Require and InClass" 0}} times less than a handler that calls stytch-go |

With {{.Thousands}} tokens held a check takes {{.Of "seen before: all tokens ÷ 1,000" 2}} times as long as with 1,000. A remembered token takes {{.Of "heap per token ÷ its length" 3}} of its length in memory.
`,
}

// between matches a part with the comments around it.
func between(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?s)(<!-- figures: ` + name + ` -->\n\n)(.*?)(\n<!-- end of figures -->)`)
}

// Every measured figure in the README is that of the last measurement. After one,
//
//	go test -run TestReadmeFigures -update .
//
// writes them anew.
func TestReadmeFigures(t *testing.T) {
	var bench costs
	read(t, "internal/bench/results.json", &bench)
	var all []times
	for _, machine := range []string{"idle", "busy"} {
		file := filepath.Join(".ci", "times-"+machine+".json")
		if _, err := os.Stat(file); err != nil {
			continue
		}
		one := times{}
		read(t, file, &one)
		one.Machine = "an idle machine"
		if machine == "busy" {
			one.Machine = fmt.Sprintf("a busy machine (load %.0f)", one.Load)
		}
		all = append(all, one)
	}
	require.NotEmpty(t, all, "run .ci/times.sh")
	newest := all[0]
	data := map[string]any{"costs": bench, "times": map[string]any{
		"Page": newest.Classroom, "Tests": newest.Tests, "Processors": newest.Processors, "Go": newest.Go, "All": all,
	}}
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	readme := string(text)
	for name, part := range parts {
		var b strings.Builder
		require.NoError(t, template.Must(template.New(name).Funcs(template.FuncMap{"span": span}).Parse(part)).Execute(&b, data[name]))
		found := between(name).FindStringSubmatch(readme)
		require.NotNil(t, found, "the README has no part %q", name)
		if *update {
			readme = strings.Replace(readme, found[0], found[1]+b.String()+found[3], 1)
			continue
		}
		require.Equal(t, b.String(), found[2], "these are not the figures of the last measurement: go test -run TestReadmeFigures -update .")
	}
	if *update {
		require.NoError(t, os.WriteFile("README.md", []byte(readme), 0o644))
	}
}

// sources are the other figures of the README: a phrase with one, and a file with a text
// that makes it true.
var sources = []struct{ phrase, file, holds string }{
	{"Go 1.25 or newer", "go.mod", "\ngo 1.25.0\n"},
	{"the response is 503", "middleware/respond.go", "{grimoireauth.ErrUnavailable, http.StatusServiceUnavailable,"},
	{"expired ones get 503", "middleware/respond.go", "{grimoireauth.ErrUnavailable, http.StatusServiceUnavailable,"},
	{"All 97 operations", "mock/endpoints_test.go", "require.Equal(t, 97, served)"},
	{"OneRoster 1.1 and 1.2", "grimoireauth/classlist/doc.go", "OneRoster"},
	{"valid for five minutes", "mock/internal/core/server.go", "return 5 * time.Minute"},
	{"at most five minutes after", "mock/internal/core/server.go", "return 5 * time.Minute"},
	{"within five minutes", "mock/internal/core/server.go", "return 5 * time.Minute"},
	{"where five minutes are too long", "mock/internal/core/server.go", "return 5 * time.Minute"},
	{"below 4096 bytes", "middleware/cookiewrite.go", "maxCookie = 4096"},
}

// Every other figure in the README has a source, too. A new one needs a row in sources, or
// has to be measured.
func TestReadmeFiguresHaveSources(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	prose := string(text)
	for name := range parts {
		prose = between(name).ReplaceAllString(prose, "")
	}
	// Neither code, nor links, nor the numbers of a list, nor names such as B2B.
	for _, code := range []string{"(?s)```.*?```", "`[^`\n]*`", `\]\([^)]*\)`, `(?s)<!--.*?-->`, `(?m)^\d\. `, `\b[A-Z]\d[A-Z]\b`} {
		prose = regexp.MustCompile(code).ReplaceAllString(prose, "")
	}
	for _, source := range sources {
		if !strings.Contains(prose, source.phrase) {
			continue // the README says it no more
		}
		prose = strings.ReplaceAll(prose, source.phrase, "")
		file, err := os.ReadFile(source.file)
		if isOK(t, err == nil, "%q: %v", source.phrase, err) {
			isOK(t, strings.Contains(string(file), source.holds), "%q: %s does not have %q", source.phrase, source.file, source.holds)
		}
	}
	figure := regexp.MustCompile(`\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|hundred|thousand) (?:seconds?|minutes?|hours?|days?|times|processors|cores)\b`)
	for line := range strings.Lines(prose) {
		isOK(t, !figure.MatchString(line), "README: a figure without a source: %q", line)
	}
}
