"""Operations on a registry as a whole: annotate, diff, doctor, push."""
