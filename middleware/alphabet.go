package middleware

import "strings"

// tokenLike reports whether every byte is one of A-Z a-z 0-9 _ - . = and there
// are not too many. An empty value passes: it is none.
func tokenLike(value string, most int) bool {
	if len(value) > most {
		return false
	}
	var bad byte
	for len(value) >= 4 { // four at a time take half as long
		bad |= notInToken[value[0]] | notInToken[value[1]] | notInToken[value[2]] | notInToken[value[3]]
		value = value[4:]
	}
	for i := range len(value) {
		bad |= notInToken[value[i]]
	}
	return bad == 0
}

// notInToken is 1 for each byte that no token has.
var notInToken = func() (table [256]byte) {
	for i := range table {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.=", byte(i)) < 0 {
			table[i] = 1
		}
	}
	return table
}()
