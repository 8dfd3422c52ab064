package redisrevocations

const playVariable = "REDISREVOCATIONS_PLAY"

func playReplica(string) int { return 0 }
