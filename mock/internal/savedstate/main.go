// Command savedstate writes mock/control_savedstate.go, the code that turns what
// a mock Stytch remembers into a snapshot and back. It reads the declarations of
// the mock's types, so that no field can be forgotten, and needs them only to
// parse: a change that breaks the file it writes does not stop it.
//
//	go generate ./mock
package main

import (
	"fmt"
	"os"
)

// file is what it writes, and reads past.
const file = "control_savedstate.go"

func main() {
	source, err := generate(".", "store")
	if err == nil {
		err = os.WriteFile(file, source, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "savedstate:", err)
		os.Exit(1)
	}
}
