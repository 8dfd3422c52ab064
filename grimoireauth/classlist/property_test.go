package classlist_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/stretchr/testify/require"
)

// term is a class through a term: lists come from the administration, and the
// instructor changes things by hand in between.
type term struct {
	*class
	random *rand.Rand
	listed map[string]grimoireauth.Role // what the administration has
	byHand map[string]bool              // who was added by hand
}

// person returns one of a dozen addresses, so that several edits concern one person.
func (m *term) person() string { return fmt.Sprintf("p%d@example.edu", m.random.IntN(12)) }

func (m *term) role() grimoireauth.Role {
	return []grimoireauth.Role{grimoireauth.RoleStudent, grimoireauth.RoleStudent, grimoireauth.RoleTutor, grimoireauth.RoleInstructor}[m.random.IntN(4)]
}

// list is the administration's list in a random order, some of it without roles.
func (m *term) list() classlist.List {
	var list classlist.List
	for _, email := range slices.Sorted(maps.Keys(m.listed)) {
		role := m.listed[email]
		if m.random.IntN(4) == 0 {
			role = grimoireauth.RoleNone
		}
		list = append(list, classlist.Row{Email: email, Role: role})
	}
	m.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i := range list {
		list[i].Line = i + 2
	}
	return list
}

// edit changes something by hand, or in the administration.
func (m *term) edit(t *testing.T) {
	ctx, who := t.Context(), m.person()
	var member grimoireauth.Member
	for _, found := range m.members() {
		if found.Email == who && found.Status != grimoireauth.StatusDeleted {
			member = found
		}
	}
	there := member.Member != ""
	var err error
	switch m.random.IntN(7) {
	case 0, 1:
		m.listed[who] = m.role()
	case 2:
		delete(m.listed, who)
	case 3:
		if !there {
			_, err = m.client.Roster.Enroll(ctx, m.id, stytchclient.NewMember{Email: who, Role: m.role()})
			m.byHand[who] = true
		}
	case 4:
		if there {
			_, err = m.client.Roster.SetRole(ctx, m.id, member.Member, m.role())
		}
	case 5:
		if there {
			if err = m.client.Roster.Remove(ctx, m.id, member.Member); err == nil {
				delete(m.byHand, who)
			}
		}
	case 6:
		if there {
			m.stytch.SignIn(member.Member)
		}
	}
	if err != nil {
		require.ErrorIs(t, err, grimoireauth.ErrLastInstructor, "the only thing that may be refused")
	}
}

// teachers counts the active instructors.
func (m *term) teachers() int {
	n := 0
	for _, role := range m.roles() {
		if role >= grimoireauth.RoleInstructor {
			n++
		}
	}
	return n
}

// With random changes by hand, random lists and random faults of the network, the class
// is as the list says after an import, a second import changes nothing, no member who
// was added by hand is removed, and the class keeps an instructor.
func TestImportsThroughTheTerm(t *testing.T) {
	applied, refused := 0, 0
	for seed := range uint64(14) {
		synctest.Test(t, func(t *testing.T) {
			m := &term{class: newClass(t), random: rand.New(rand.NewPCG(seed, 3)), listed: map[string]grimoireauth.Role{}, byHand: map[string]bool{}}
			m.line.latency = time.Millisecond
			m.listed["p0@example.edu"] = grimoireauth.RoleInstructor
			m.bring(classlist.List{{Line: 2, Email: "p0@example.edu", Role: grimoireauth.RoleInstructor}}, classlist.Config{Highest: grimoireauth.RoleInstructor})
			for range 8 {
				for range 1 + m.random.IntN(6) {
					m.edit(t)
				}
				list, config := m.list(), classlist.Config{Highest: grimoireauth.RoleCoordinator, MostRemoved: 1, Concurrency: 1 + m.random.IntN(5)}
				before := m.roles()
				plan, err := classlist.NewPlan(m.id, list, m.members(), config)
				if err != nil {
					require.ErrorIs(t, err, grimoireauth.ErrLastInstructor)
					refused++
					continue
				}
				m.line.chance, m.line.busy, m.line.breaks = rand.New(rand.NewPCG(seed, 4)), 0.05, 0.05
				report, err := plan.Apply(t.Context(), m.client.Roster)
				m.line.chance = nil
				require.NoError(t, err, report)
				applied++

				after := m.roles()
				require.GreaterOrEqual(t, m.teachers(), 1, "an instructor is left")
				for email := range m.byHand {
					if _, ok := before[email]; ok {
						require.Equal(t, before[email], after[email], "what was added by hand stays")
					}
				}
				for _, row := range list {
					require.Contains(t, after, row.Email, "each person on the list is in the class")
				}
				for email := range after {
					_, was := before[email]
					_, listed := m.listed[email]
					require.True(t, was || listed, "every member was in the class or is on the list")
				}
				require.Empty(t, m.plan(list, config).Changes(), "nothing is left to do")
				writes := m.line.writes()
				_, err = m.plan(list, config).Apply(t.Context(), m.client.Roster)
				require.NoError(t, err)
				require.Equal(t, writes, m.line.writes(), "a second import changes nothing")
				require.True(t, maps.Equal(after, m.roles()))
			}
		})
	}
	t.Logf("%d imports, %d refused for the last instructor", applied, refused)
	require.Greater(t, applied, 60)
	require.Greater(t, refused, 3, "both must occur")
}
