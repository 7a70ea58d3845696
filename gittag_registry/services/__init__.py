"""Operations on a registry as a whole: annotate, describe, diff, doctor, push, fetch."""
