// Package grimoireauth signs students and instructors into classes with Stytch
// B2B, whose Organizations are our classes and whose Members are our people.
package grimoireauth
