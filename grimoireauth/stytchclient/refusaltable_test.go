package stytchclient_test

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// For the program itself there is no permission and no actor. Where no member is
// named, none can be unknown.
const (
	byTheProgram = notPermitted + ", " + suspendedActor
	aboutAClass  = byTheProgram + ", " + unknownMember + ", " + lastInstructor
	// A sign-in proves who somebody is and has no other permission. What a class says
	// about it (archived, suspended, other class) is found out with the token, which
	// is used up by then: TestNoWayIntoAnArchivedClass and its neighbours.
	aSignIn = byTheProgram + ", " + unknownMember + ", " + lastInstructor + ", " + otherClass
)

type change struct {
	never   string // the reasons that it cannot be refused for
	refused map[string]refusal
}

// onMember are the refusals of a call about one member of a class.
func onMember(do func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error) map[string]refusal {
	row := func(want error, class func(*refusing) grimoireauth.ClassID, member func(*refusing) grimoireauth.MemberID) refusal {
		return refusal{want, func(ctx context.Context, f *refusing) error { return do(ctx, f, class(f), member(f)) }}
	}
	a := func(f *refusing) grimoireauth.ClassID { return f.a }
	bob, sam := func(f *refusing) grimoireauth.MemberID { return f.bob }, func(f *refusing) grimoireauth.MemberID { return f.sam }
	return map[string]refusal{
		otherClass:                         row(grimoireauth.ErrNotFound, a, bob),
		unknownMember:                      row(grimoireauth.ErrNotFound, a, func(*refusing) grimoireauth.MemberID { return noMember }),
		badInput:                           row(grimoireauth.ErrInvalid, a, func(*refusing) grimoireauth.MemberID { return "sam@example.edu" }),
		"no class":                         row(grimoireauth.ErrInvalid, func(*refusing) grimoireauth.ClassID { return "" }, sam),
		"a class of the application's own": row(grimoireauth.ErrInvalid, func(*refusing) grimoireauth.ClassID { return "LAWS1100" }, sam),
		"unknown class":                    row(grimoireauth.ErrNotFound, func(*refusing) grimoireauth.ClassID { return noClass }, sam),
	}
}

// onInstructor are those of a call that would leave the class without one.
func onInstructor(want error, do func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error) map[string]refusal {
	rows := onMember(do)
	rows[lastInstructor] = refusal{want, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.a, f.ines) }}
	return rows
}

// onClass are the refusals of a call about one class.
func onClass(do func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error) map[string]refusal {
	row := func(want error, class grimoireauth.ClassID) refusal {
		return refusal{want, func(ctx context.Context, f *refusing) error { return do(ctx, f, class) }}
	}
	return map[string]refusal{
		otherClass: row(grimoireauth.ErrNotFound, noClass), badInput: row(grimoireauth.ErrInvalid, ""), "a slug": row(grimoireauth.ErrInvalid, "torts"),
	}
}

// behalf are the refusals of a call on behalf of a member.
func behalf(rows map[string]refusal, do func(context.Context, *refusing, stytchclient.Acting, grimoireauth.ClassID) error) map[string]refusal {
	rows[otherClass] = refusal{grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.asBob, f.a) }}
	rows[notPermitted] = refusal{grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.asSam, f.a) }}
	rows[suspendedActor] = refusal{grimoireauth.ErrUnauthenticated, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.asSue, f.a) }}
	rows["no session"] = refusal{grimoireauth.ErrNoCredentials, func(ctx context.Context, f *refusing) error {
		return do(ctx, f, f.client.As(grimoireauth.Credentials{}), f.a)
	}}
	rows["a class of others"] = refusal{grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.asInes, f.b) }}
	rows["unknown class"] = refusal{grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.asInes, noClass) }}
	if _, own := rows[badInput]; !own {
		rows[badInput] = refusal{grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.asInes, "") }}
	}
	return rows
}

// call is a refusal without more ado.
func call(want error, do func(context.Context, *refusing) error) refusal { return refusal{want, do} }

// asMember turns a call on behalf of an instructor into rows about members.
func asMember(do func(context.Context, stytchclient.Acting, grimoireauth.ClassID, grimoireauth.MemberID) error) map[string]refusal {
	rows := map[string]refusal{
		unknownMember: call(grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing) error { return do(ctx, f.asInes, f.a, noMember) }),
		badInput:      call(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error { return do(ctx, f.asInes, f.a, "x") }),
		"member of others": call(grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing) error {
			return do(ctx, f.asInes, f.a, f.bob)
		}),
	}
	return behalf(rows, func(ctx context.Context, f *refusing, as stytchclient.Acting, class grimoireauth.ClassID) error {
		return do(ctx, as, class, f.ines)
	})
}

func signIn(want error, do func(context.Context, *refusing) error) change {
	return change{aSignIn, map[string]refusal{badInput: {want, do}}}
}

// ofSession is a call about the second factors or the password of somebody who is
// signed in. What it is told was verified.
func ofSession(do func(context.Context, *refusing) error) change {
	return change{aSignIn, map[string]refusal{badInput: {grimoireauth.ErrInvalid, do}}}
}

var renamed = stytchclient.ClassChange{Name: stytchclient.Set("Renamed")}

var changes = map[string]change{
	"Classes.Create": {aboutAClass + ", " + otherClass, map[string]refusal{
		badInput: call(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Classes.Create(ctx, stytchclient.NewClass{}))
		}),
		"exists": call(grimoireauth.ErrConflict, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Classes.Create(ctx, stytchclient.NewClass{Name: "Torts"}))
		}),
	}},
	"Classes.Update": {aboutAClass, onClass(func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error {
		return errorOf(f.client.Classes.Update(ctx, class, renamed))
	})},
	"Classes.Archive": {aboutAClass, onClass(func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error {
		return errorOf(f.client.Classes.Archive(ctx, class))
	})},
	"Classes.Restore": {aboutAClass, onClass(func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error {
		return errorOf(f.client.Classes.Restore(ctx, class))
	})},
	"Classes.Delete": {aboutAClass, onClass(func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error {
		return f.client.Classes.Delete(ctx, class)
	})},

	"Roster.Enroll": {aboutAClass, func() map[string]refusal {
		rows := onClass(func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error {
			return errorOf(f.client.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "new@example.edu"}))
		})
		rows["exists"] = call(grimoireauth.ErrConflict, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Roster.Enroll(ctx, f.a, stytchclient.NewMember{Email: "sam@example.edu"}))
		})
		return rows
	}()},
	"Roster.Invite": {lastInstructor, map[string]refusal{
		otherClass:     invite(grimoireauth.ErrNotFound, func(f *refusing) grimoireauth.MemberID { return f.bob }, grimoireauth.RoleStudent),
		unknownMember:  invite(grimoireauth.ErrNotFound, func(*refusing) grimoireauth.MemberID { return noMember }, grimoireauth.RoleStudent),
		notPermitted:   invite(grimoireauth.ErrForbidden, func(f *refusing) grimoireauth.MemberID { return f.sam }, grimoireauth.RoleTutor),
		suspendedActor: invite(grimoireauth.ErrForbidden, func(f *refusing) grimoireauth.MemberID { return f.sue }, grimoireauth.RoleStudent),
		badInput:       invite(grimoireauth.ErrInvalid, func(*refusing) grimoireauth.MemberID { return "x" }, grimoireauth.RoleStudent),
	}},
	"Roster.SetRole": {byTheProgram, onInstructor(grimoireauth.ErrLastInstructor, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return errorOf(f.client.Roster.SetRole(ctx, class, member, grimoireauth.RoleTutor))
	})},
	"Roster.Remove": {byTheProgram, onInstructor(grimoireauth.ErrLastInstructor, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return f.client.Roster.Remove(ctx, class, member)
	})},
	"Roster.Deny": {byTheProgram, onInstructor(grimoireauth.ErrConflict, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return f.client.Roster.Deny(ctx, class, member)
	})},
	"Roster.Suspend": {byTheProgram, onInstructor(grimoireauth.ErrLastInstructor, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return errorOf(f.client.Roster.Suspend(ctx, class, member))
	})},
	"Roster.Reinstate": {byTheProgram + ", " + lastInstructor, onMember(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return errorOf(f.client.Roster.Reinstate(ctx, class, member))
	})},
	"Roster.Update": {byTheProgram + ", " + lastInstructor, onMember(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return errorOf(f.client.Roster.Update(ctx, class, member, stytchclient.MemberChange{Name: stytchclient.Set("Renamed")}))
	})},
	"Roster.ResetMFA": {byTheProgram + ", " + lastInstructor, onMember(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return errorOf(f.client.Roster.ResetMFA(ctx, class, member))
	})},
	"Roster.Reenroll": {byTheProgram + ", " + lastInstructor, onMember(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		if member == f.bob {
			member = f.removedB
		}
		return errorOf(f.client.Roster.Reenroll(ctx, class, member))
	})},
	"Roster.Approve": {byTheProgram + ", " + lastInstructor, func() map[string]refusal {
		rows := onMember(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return errorOf(f.client.Roster.Approve(ctx, class, member))
		})
		rows["removed"] = call(grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Roster.Approve(ctx, f.a, f.removed))
		})
		return rows
	}()},

	"Acting.Classes.Update": {unknownMember + ", " + lastInstructor, behalf(map[string]refusal{}, func(ctx context.Context, f *refusing, as stytchclient.Acting, class grimoireauth.ClassID) error {
		return errorOf(as.Classes.Update(ctx, class, renamed))
	})},
	"Acting.Classes.Delete": {unknownMember + ", " + lastInstructor, behalf(map[string]refusal{}, func(ctx context.Context, f *refusing, as stytchclient.Acting, class grimoireauth.ClassID) error {
		return as.Classes.Delete(ctx, class)
	})},
	"Acting.Roster.Enroll": {unknownMember + ", " + lastInstructor, behalf(map[string]refusal{
		"above the actor": call(grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error {
			return errorOf(f.asInes.Roster.Enroll(ctx, f.a, stytchclient.NewMember{Email: "new@example.edu", Role: grimoireauth.RoleCoordinator}))
		}),
	}, func(ctx context.Context, f *refusing, as stytchclient.Acting, class grimoireauth.ClassID) error {
		return errorOf(as.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "new@example.edu"}))
	})},
	"Acting.Roster.Invite": {lastInstructor, behalf(map[string]refusal{
		unknownMember: call(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
			return errorOf(f.asInes.Roster.Invite(ctx, f.a, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu"}, By: noMember}))
		}),
		"above the actor": call(grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error {
			return errorOf(f.asInes.Roster.Invite(ctx, f.a, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu", Role: grimoireauth.RoleCoordinator}}))
		}),
	}, func(ctx context.Context, f *refusing, as stytchclient.Acting, class grimoireauth.ClassID) error {
		return errorOf(as.Roster.Invite(ctx, class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu"}}))
	})},
	"Acting.Roster.SetRole": {"", func() map[string]refusal {
		rows := asMember(func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return errorOf(as.Roster.SetRole(ctx, class, member, grimoireauth.RoleStudent))
		})
		rows[lastInstructor] = call(grimoireauth.ErrLastInstructor, func(ctx context.Context, f *refusing) error {
			return errorOf(f.asInes.Roster.SetRole(ctx, f.a, f.ines, grimoireauth.RoleStudent))
		})
		rows["above the actor"] = call(grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error {
			return errorOf(f.asInes.Roster.SetRole(ctx, f.a, f.sam, grimoireauth.RoleCoordinator))
		})
		return rows
	}()},
	"Acting.Roster.Remove": {"", func() map[string]refusal {
		rows := asMember(func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return as.Roster.Remove(ctx, class, member)
		})
		rows[lastInstructor] = call(grimoireauth.ErrLastInstructor, func(ctx context.Context, f *refusing) error {
			return f.asInes.Roster.Remove(ctx, f.a, f.ines)
		})
		return rows
	}()},
	"Acting.Roster.Update": {lastInstructor, asMember(func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return errorOf(as.Roster.Update(ctx, class, member, stytchclient.MemberChange{Name: stytchclient.Set("Renamed")}))
	})},
	"Acting.Roster.Reenroll": {lastInstructor, func() map[string]refusal {
		rows := asMember(func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return errorOf(as.Roster.Reenroll(ctx, class, member))
		})
		rows["above the actor"] = call(grimoireauth.ErrForbidden, func(ctx context.Context, f *refusing) error {
			return errorOf(f.asInes.Roster.Reenroll(ctx, f.a, f.removed))
		})
		return rows
	}()},

	"Sessions.Revoke": ofSession(func(ctx context.Context, f *refusing) error {
		return f.client.Sessions.Revoke(ctx, grimoireauth.Session{})
	}),
	"Sessions.RevokeAll": ofSession(func(ctx context.Context, f *refusing) error {
		return f.client.Sessions.RevokeAll(ctx, grimoireauth.Session{})
	}),
	"Sessions.RevokeMember": {byTheProgram + ", " + lastInstructor, onMember(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
		return f.client.Sessions.RevokeMember(ctx, class, member)
	})},
	"Sessions.RevokeByID": {byTheProgram + ", " + lastInstructor, func() map[string]refusal {
		rows := onMember(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return f.client.Sessions.RevokeByID(ctx, class, member, f.bobSession.ID())
		})
		rows["another member's"] = call(grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing) error {
			return f.client.Sessions.RevokeByID(ctx, f.a, f.ines, f.samSession.ID())
		})
		return rows
	}()},
	"Sessions.RevokeEverywhere": {byTheProgram + ", " + lastInstructor + ", " + otherClass, map[string]refusal{
		unknownMember: call(nil, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{Email: "nobody@example.edu"}))
		}),
		badInput: call(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{}))
		}),
	}},
	"Sessions.Switch": {byTheProgram + ", " + lastInstructor, map[string]refusal{
		otherClass: call(grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Sessions.Switch(ctx, f.samSession.Credentials, f.b))
		}),
		unknownMember: call(grimoireauth.ErrUnauthenticated, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Sessions.Switch(ctx, grimoireauth.Credentials{Token: grimoireauth.NewSecret("x")}, f.b))
		}),
		badInput: call(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
			return errorOf(f.client.Sessions.Switch(ctx, f.samSession.Credentials, "b"))
		}),
	}},
	// Of a suspended member's own session Stytch changes the end or the claims before
	// this package can tell; it opens nothing all the same.
	"Sessions.Extend": ofSession(func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Sessions.Extend(ctx, f.samSession.Credentials, time.Second))
	}),
	"Sessions.SetClaims": ofSession(func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Sessions.SetClaims(ctx, f.samSession.Credentials, map[string]any{"sub": "x"}))
	}),
	"Passwords.Set": ofSession(func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Passwords.Set(ctx, f.samSession, grimoireauth.Secret{}, stytchclient.SessionOptions{}))
	}),
	"SecondFactors.EnrollApp": ofSession(func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SecondFactors.EnrollApp(ctx, stytchclient.FactorOwner{}))
	}),
	"SecondFactors.SendSMSCode": ofSession(func(ctx context.Context, f *refusing) error {
		return f.client.SecondFactors.SendSMSCode(ctx, stytchclient.FactorOwner{}, stytchclient.SMSCode{})
	}),
	"SecondFactors.RotateRecoveryCodes": ofSession(func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SecondFactors.RotateRecoveryCodes(ctx, grimoireauth.Authentication{}))
	}),
	"SecondFactors.WithAppCode": ofSession(func(ctx context.Context, f *refusing) error {
		return both(errorOf(f.client.SecondFactors.WithAppCode(ctx, stytchclient.OwnerOf(f.samSession), stytchclient.FactorCode{})),
			errorOf(f.client.SecondFactors.WithAppCode(ctx, stytchclient.FactorOwner{}, stytchclient.FactorCode{})))
	}),
	"SecondFactors.WithSMSCode": ofSession(func(ctx context.Context, f *refusing) error {
		return both(errorOf(f.client.SecondFactors.WithSMSCode(ctx, stytchclient.OwnerOf(f.samSession), stytchclient.FactorCode{})),
			errorOf(f.client.SecondFactors.WithSMSCode(ctx, stytchclient.FactorOwner{}, stytchclient.FactorCode{})))
	}),
	"SecondFactors.WithRecoveryCode": ofSession(func(ctx context.Context, f *refusing) error {
		return both(errorOf(f.client.SecondFactors.WithRecoveryCode(ctx, stytchclient.OwnerOf(f.samSession), stytchclient.FactorCode{})),
			errorOf(f.client.SecondFactors.WithRecoveryCode(ctx, stytchclient.FactorOwner{}, stytchclient.FactorCode{})))
	}),

	"Connections.CreateOIDC": {aboutAClass, onClass(func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error {
		return errorOf(f.client.Connections.CreateOIDC(ctx, class, stytchclient.NewConnection{}))
	})},
	"Connections.CreateSAML": {aboutAClass, onClass(func(ctx context.Context, f *refusing, class grimoireauth.ClassID) error {
		return errorOf(f.client.Connections.CreateSAML(ctx, class, stytchclient.NewConnection{}))
	})},
	"Connections.UpdateOIDC": {aboutAClass, onConnection(grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, id stytchclient.ConnectionID) error {
		return errorOf(f.client.Connections.UpdateOIDC(ctx, class, id, stytchclient.OIDCChange{Name: stytchclient.Set("x")}))
	})},
	"Connections.UpdateSAML": {aboutAClass, onConnection(grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, id stytchclient.ConnectionID) error {
		return errorOf(f.client.Connections.UpdateSAML(ctx, class, id, stytchclient.SAMLChange{Name: stytchclient.Set("x")}))
	})},
	"Connections.SetDefault": {aboutAClass, onConnection(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, id stytchclient.ConnectionID) error {
		if id == "" {
			class = ""
		}
		return errorOf(f.client.Connections.SetDefault(ctx, class, id))
	})},
	// A connection that is not in the class is gone already, which is no error.
	"Connections.Delete": {aboutAClass, onConnection(nil, func(ctx context.Context, f *refusing, class grimoireauth.ClassID, id stytchclient.ConnectionID) error {
		return f.client.Connections.Delete(ctx, class, id)
	})},

	"Passwords.Change": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Passwords.Change(ctx, stytchclient.PasswordChange{}))
	}),
	"Discovery.ChooseClass": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.ChooseClass(ctx, stytchclient.ChosenClass{}))
	}),
	"Discovery.CreateClass": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.CreateClass(ctx, stytchclient.CreatedClass{}))
	}),
	"Discovery.List": signIn(errAny, func(ctx context.Context, f *refusing) error {
		return refusedWith(errorOf(f.client.Discovery.List(ctx, grimoireauth.Credentials{})))
	}),
	"Discovery.ByCode": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.ByCode(ctx, "", grimoireauth.Secret{}))
	}),
	"Discovery.ByLink": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.ByLink(ctx, grimoireauth.Secret{}, grimoireauth.Secret{}))
	}),
	"Discovery.ByOAuth": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.ByOAuth(ctx, grimoireauth.Secret{}, grimoireauth.Secret{}))
	}),
	"Discovery.ByPassword": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.ByPassword(ctx, "", grimoireauth.Secret{}))
	}),
	"Discovery.FinishPasswordReset": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.FinishPasswordReset(ctx, grimoireauth.Secret{}, grimoireauth.Secret{}, grimoireauth.Secret{}))
	}),
	"Passwords.FinishReset": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Passwords.FinishReset(ctx, stytchclient.NewPassword{}))
	}),
	"SignIn.Impersonate": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.Impersonate(ctx, grimoireauth.Secret{}))
	}),
	"Discovery.SendCode": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return f.client.Discovery.SendCode(ctx, stytchclient.EmailCode{})
	}),
	"Discovery.SendLink": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return f.client.Discovery.SendLink(ctx, stytchclient.MagicLink{})
	}),
	"SignIn.SendEmailCode": sent(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, email string) error {
		return f.client.SignIn.SendEmailCode(ctx, stytchclient.EmailCode{Class: class, Email: email})
	}),
	"SignIn.SendMagicLink": sent(func(ctx context.Context, f *refusing, class grimoireauth.ClassID, email string) error {
		return f.client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class, Email: email})
	}),
	"Discovery.StartPasswordReset": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Discovery.StartPasswordReset(ctx, stytchclient.PasswordReset{}))
	}),
	"Passwords.StartReset": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Passwords.StartReset(ctx, stytchclient.PasswordReset{}))
	}),
	"SignIn.WithAccessToken": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.WithAccessToken(ctx, stytchclient.AccessToken{}))
	}),
	"SignIn.WithEmailCode": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.WithEmailCode(ctx, stytchclient.EmailCodeSignIn{}))
	}),
	"SignIn.WithMagicLink": signIn(grimoireauth.ErrTokenUnknown, func(ctx context.Context, f *refusing) error {
		return both(errorOf(f.client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")})), errorOf(f.client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{})))
	}),
	"SignIn.WithOAuth": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.WithOAuth(ctx, stytchclient.OAuthSignIn{}))
	}),
	"SignIn.WithOtherSession": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.WithOtherSession(ctx, stytchclient.OtherSession{}))
	}),
	"SignIn.WithPassword": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.WithPassword(ctx, stytchclient.PasswordSignIn{}))
	}),
	"SignIn.WithSSO": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.WithSSO(ctx, stytchclient.SSOSignIn{}))
	}),
	"SignIn.WithTrustedToken": signIn(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.SignIn.WithTrustedToken(ctx, stytchclient.TrustedToken{}))
	}),
}

// sent is a call that sends somebody an e-mail.
func sent(do func(ctx context.Context, f *refusing, class grimoireauth.ClassID, email string) error) change {
	return change{byTheProgram + ", " + lastInstructor, map[string]refusal{
		otherClass:    call(grimoireauth.ErrNotInvited, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.a, "bob@example.edu") }),
		unknownMember: call(grimoireauth.ErrNotInvited, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.a, "nobody@example.edu") }),
		badInput:      call(grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.a, "sam") }),
	}}
}

func invite(want error, by func(*refusing) grimoireauth.MemberID, role grimoireauth.Role) refusal {
	return refusal{want, func(ctx context.Context, f *refusing) error {
		return errorOf(f.client.Roster.Invite(ctx, f.a, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu", Role: role}, By: by(f)}))
	}}
}

// onConnection are the refusals of a call about one connection of a class.
func onConnection(want error, do func(context.Context, *refusing, grimoireauth.ClassID, stytchclient.ConnectionID) error) map[string]refusal {
	return map[string]refusal{
		otherClass:      {want, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.a, f.connectionB) }},
		"unknown class": {grimoireauth.ErrNotFound, func(ctx context.Context, f *refusing) error { return do(ctx, f, noClass, f.connectionB) }},
		badInput:        {grimoireauth.ErrInvalid, func(ctx context.Context, f *refusing) error { return do(ctx, f, f.a, "") }},
	}
}

// both returns the first of two refusals, and nil if the second call was not refused.
func both(first, second error) error {
	if second == nil {
		return nil
	}
	return first
}

// errAny stands for whatever error there is.
var errAny = errors.New("refused")

func refusedWith(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errAny, err)
}
