// Package logtest holds what tests of package replica share: [Memory], a log in memory that
// breaks as a Redis and the network before it do, and [Run], the tests that every log has to
// pass. Only tests import it.
package logtest
