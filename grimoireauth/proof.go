package grimoireauth

// Proof is what a person has proven already when they prove something more: the
// [Intermediate] of a pending sign-in, or the [Credentials] of a live
// session. It is a closed choice; nil means that they begin anew.
type Proof interface{ proof() }

func (Intermediate) proof() {}
func (Credentials) proof()  {}
