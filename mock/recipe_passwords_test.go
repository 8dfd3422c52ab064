package mock_test

import "github.com/promptgrimoire/auth/internal/contract"

var passwordRecipes = []recipe{
	{endpoint: "POST /v1/b2b/passwords/strength_check", sdk: "passwords.strengthCheck", make: func(r *room) contract.Sample {
		return r.sample(object{"password": goodPassword}, object{"email_address": ada})
	}},
	{endpoint: "POST /v1/b2b/passwords/migrate", sdk: "passwords.migrate", make: migrateSample},
	{endpoint: "POST /v1/b2b/passwords/authenticate", sdk: "passwords.authenticate", make: func(r *room) contract.Sample {
		r.withPassword()
		return r.sample(object{"organization_id": r.org, "email_address": ada, "password": goodPassword}, nil)
	}},
	{endpoint: "POST /v1/b2b/passwords/email/reset/start", sdk: "passwords.email.resetStart", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "email_address": ada}, nil)
	}},
	{endpoint: "POST /v1/b2b/passwords/email/reset", sdk: "passwords.email.reset", make: func(r *room) contract.Sample {
		s := r.sample(object{"password_reset_token": r.resetToken(r.org, ada, nil), "password": goodPassword}, nil)
		return when(s, "code_verifier", object{
			"password_reset_token": r.resetToken(r.org, ada, object{"code_challenge": challenge}), "code_verifier": verifier,
		})
	}},
	{endpoint: "POST /v1/b2b/passwords/email/require_reset", sdk: "passwords.email.requireReset", crossOrg: true, make: func(r *room) contract.Sample {
		r.withPassword()
		return r.sample(object{"email_address": ada, "organization_id": r.org}, object{"member_id": r.ada})
	}},
	{endpoint: "POST /v1/b2b/passwords/existing_password/reset", sdk: "passwords.existingPassword.reset", make: func(r *room) contract.Sample {
		r.withPassword()
		return r.sample(object{
			"organization_id": r.org, "email_address": ada, "existing_password": goodPassword, "new_password": newPassword,
		}, nil)
	}},
	{endpoint: "POST /v1/b2b/passwords/session/reset", sdk: "passwords.sessions.reset", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "password": goodPassword, "session_token": r.adas.Token.Reveal()}, nil)
	}},
	{endpoint: "POST /v1/b2b/passwords/discovery/authenticate", sdk: "passwords.discovery.authenticate", crossOrg: true, make: func(r *room) contract.Sample {
		r.withPassword()
		return r.sample(object{"email_address": ada, "password": goodPassword}, nil)
	}},
	{endpoint: "POST /v1/b2b/passwords/discovery/email/reset/start", sdk: "passwords.discovery.email.resetStart", crossOrg: true, make: func(r *room) contract.Sample {
		return r.sample(object{"email_address": ada}, nil)
	}},
	{endpoint: "POST /v1/b2b/passwords/discovery/email/reset", sdk: "passwords.discovery.email.reset", crossOrg: true, make: func(r *room) contract.Sample {
		token := func(fields object) string {
			r.post(passwordPath+"/discovery/email/reset/start", with(object{"email_address": ada}, fields))
			return r.sent(ada).Token
		}
		s := r.sample(object{"password_reset_token": token(nil), "password": goodPassword}, nil)
		return withVerifier(s, "password_reset_token", token(object{"pkce_code_challenge": challenge}))
	}},
}

// migrateSample has a hash and its parameters for each kind.
func migrateSample(r *room) contract.Sample {
	sha1 := "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"
	salts := object{"prepend_salt": "a", "append_salt": "b"}
	argon2 := object{"salt": "somesalt", "iteration_amount": 2, "memory": 64, "threads": 1, "key_length": 32}
	scrypt := object{"salt": "U29kaXVtQ2hsb3JpZGU=", "n_parameter": 1024, "r_parameter": 8, "p_parameter": 1, "key_length": 64}
	pbkdf2 := object{"salt": "c2FsdA==", "iteration_amount": 1, "key_length": 64, "algorithm": "sha512"}
	s := r.sample(object{
		"organization_id": r.org, "email_address": "eve@example.edu", "hash_type": "md_5", "hash": "5f4dcc3b5aa765d61d8327deb882cf99",
	}, object{"set_phone_number_verified": true, "preserve_existing_sessions": true})
	for name, changes := range map[string]object{
		"hash_type=bcrypt":    {"hash": "$2a$05$" + bcryptSum},
		"hash_type=phpass":    {"hash": "$P$" + phpassSum},
		"hash_type=argon_2i":  {"hash": argon2i, "argon_2_config": argon2},
		"hash_type=argon_2id": {"hash": argon2id, "argon_2_config": argon2},
		"hash_type=scrypt":    {"hash": recoded(r.wire.t, scrypt16k), "scrypt_config": scrypt},
		"hash_type=pbkdf_2":   {"hash": recoded(r.wire.t, pbkdf512), "pbkdf_2_config": pbkdf2},
		"hash_type=sha_1":     {"hash": sha1},
		"hash_type=sha_512":   {"hash": pbkdf512},
		"md_5_config":         {"md_5_config": salts},
		"sha_1_config":        {"hash_type": "sha_1", "hash": sha1, "sha_1_config": salts},
		"sha_512_config":      {"hash_type": "sha_512", "hash": pbkdf512, "sha_512_config": salts},
		"argon_2_config":      {"hash_type": "argon_2id", "hash": argon2id, "argon_2_config": argon2},
		"scrypt_config":       {"hash_type": "scrypt", "hash": recoded(r.wire.t, scrypt16k), "scrypt_config": scrypt},
		"pbkdf_2_config":      {"hash_type": "pbkdf_2", "hash": recoded(r.wire.t, pbkdf512), "pbkdf_2_config": pbkdf2},
	} {
		s = when(s, name, changes)
	}
	return s
}
