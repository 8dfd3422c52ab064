package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// The guide's seed file is one that works, and the flags in it are all there are.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/fakestytch.md")
	require.NoError(t, err)
	seed := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(guide)
	require.NotNil(t, seed)
	stytch := new(mock.Stytch)
	require.NoError(t, stytch.Seed(seed[1]))

	var help strings.Builder
	_, err = readOptions([]string{"-h"}, &help)
	require.Error(t, err)
	for _, flag := range regexp.MustCompile(`(?m)^  (-[a-z-]+)`).FindAllStringSubmatch(help.String(), -1) {
		require.Contains(t, string(guide), "`"+flag[1], "the guide does not have the flag")
	}
	_, err = readOptions([]string{"-addr", "127.0.0.1:4010", "-jwt-life", "5m", "-open"}, io.Discard)
	require.NoError(t, err)
}

// The guide's program runs with Python's standard library.
func TestGuideInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	r := start(t)
	out, err := exec.CommandContext(t.Context(), python, "testdata/guide.py", r.url, r.project, r.secr).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "LAWS1100 ['POST /v1/b2b/organizations'")
	r.stop()
}
