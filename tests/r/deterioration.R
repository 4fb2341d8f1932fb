# Time to deterioration: matrices with a row for each person and a column for each score after the baseline
# (docs/endpoints.md, "Time to deterioration"; Anota A et al., Qual Life Res 2015;24:5-18).

deterioration_rows <- function(course, choice) {
  people <- nrow(course$who)
  base <- baseline_of(course, choice)
  from <- list(score = course$rows$score[base], day = course$rows$day[base], number = course$rows$number[base])
  later <- after_baseline(course, base)
  if (choice$rule.after_leaving == "drop") {
    left <- course$who$left[later$p]
    later <- later[is.na(left) | later$day <= left, ]
  }
  after <- follow_up(later, people)
  after$n <- tabulate(later$p[!is.na(later$score)], people)
  reference <- references(after$score, from$score, choice)
  counts <- choice$rule.at_last == "counts" | (choice$rule.at_last == "if-death" & !is.na(course$who$died))
  holds <- by_difference(choice, "worse", after$score, reference) &
    borne_out(after, reference, counts, choice)
  holds[is.na(holds)] <- FALSE
  place <- ifelse(rowSums(holds) > 0, max.col(holds, "first"), NA)
  outcome(course, choice, from, after, place)
}

# Scores, days, visits, and the missed visits before each score, of the rows after the baseline.
follow_up <- function(later, people) {
  later$missed <- ave(as.numeric(is.na(later$score)), later$p, FUN = cumsum)
  rows <- later[!is.na(later$score), ]
  list(score = wide(rows, rows$score, people), day = wide(rows, rows$day, people),
    number = wide(rows, rows$number, people), missed = wide(rows, rows$missed, people))
}

# The score that each score is compared with: the baseline, the best until then, or the one before.
references <- function(score, base, choice) {
  before <- cbind(base, score[, -ncol(score), drop = FALSE])
  if (choice$rule.reference == "previous") return(before)
  if (choice$rule.reference == "baseline") return(matrix(base, nrow(score), ncol(score)))
  best <- if (choice$direction == "higher-is-worse") pmin else pmax
  for (k in seq_len(ncol(before))[-1]) before[, k] <- best(before[, k - 1], before[, k], na.rm = TRUE)
  before
}

# Whether a worsening in each column would be borne out by the columns after it. At the last score of a person, and where
# the scores end before they could tell, `counts` decides.
borne_out <- function(after, reference, counts, choice) {
  score <- after$score
  out <- matrix(TRUE, nrow(score), ncol(score))
  if (choice$rule.kind == "first") return(out)
  out[, ncol(score)] <- counts
  for (k in seq_len(ncol(score) - 1)) {
    told <- switch(choice$rule.kind,
      definitive = never_undone(score, reference, k, choice),
      confirmed = if (is.null(choice$rule.confirm_days)) row_of_worse(after, reference, k, counts, choice)
                  else worse_later(after, reference, k, counts, choice))
    out[, k] <- ifelse(after$n == k, counts, told)
  }
  out
}

never_undone <- function(score, reference, k, choice) {
  rest <- score[, seq_len(ncol(score)) > k, drop = FALSE]
  against <- matrix(if (choice$rule.undone_by == "better-than-qualifying") score[, k] else reference[, k], nrow(rest), ncol(rest))
  undone <- if (choice$rule.undone_by == "not-worse") !by_difference(choice, "worse", rest, against)
            else by_difference(choice, "better", rest, against, inclusive = FALSE)
  rowSums(undone, na.rm = TRUE) == 0
}

row_of_worse <- function(after, reference, k, counts, choice) {
  size <- as.numeric(choice$rule.assessments)
  columns <- intersect(k + seq_len(size) - 1, seq_len(ncol(after$score)))
  row <- after$score[, columns, drop = FALSE]
  worse <- by_difference(choice, "worse", row, matrix(reference[, k], nrow(row), ncol(row)))
  held <- rowSums(!worse, na.rm = TRUE) == 0
  if (choice$rule.missing_between == "end") {
    between <- after$missed[, columns, drop = FALSE] - after$missed[, k]
    held <- held & rowSums(between > 0, na.rm = TRUE) == 0
  }
  held & (after$n >= k + size - 1 | counts)
}

worse_later <- function(after, reference, k, counts, choice) {
  late <- after$day >= after$day[, k] + as.numeric(choice$rule.confirm_days)
  worse <- by_difference(choice, "worse", after$score, matrix(reference[, k], nrow(late), ncol(late)))
  ifelse(rowSums(late, na.rm = TRUE) == 0, counts, rowSums(late & worse, na.rm = TRUE) > 0)
}

# One row a person: the event, or what ended the time without one.
outcome <- function(course, choice, from, after, place) {
  people <- seq_along(place)
  at <- function(values, k, base) ifelse(k > 0, values[cbind(people, pmax(k, 1))], base)
  died <- course$who$died
  by_death <- is.na(place) & !is.na(died) & choice$rule.death != "censor"
  k <- ifelse(is.na(place), after$n, place)
  before <- at(after$day, ifelse(is.na(place), k, k - 1), from$day)
  day <- ifelse(by_death, died, at(after$day, k, from$day))
  status <- ifelse(!is.na(place), "deteriorated", ifelse(by_death, "died", "censored"))
  why <- ifelse(status == "censored", "last-score", status)
  if (!is.null(choice$rule.longest_gap)) {
    gap <- (status != "censored" & day - before > as.numeric(choice$rule.longest_gap)) %in% TRUE
    k <- ifelse(gap & !is.na(place), k - 1, k)
    day[gap] <- before[gap]
    status[gap] <- "censored"
    why[gap] <- "gap"
  }
  out <- data.frame(p = people, status, why, day, visit_number = at(after$number, k, from$number), base = from$score,
    score = at(after$score, k, from$score))
  origin <- if (choice$rule.origin == "baseline") from$day else ifelse(is.na(from$day), NA, 0)
  out <- without(out, why == "last-score" & after$n == 0, "no-follow-up", choice$rule.no_follow_up, pmax(from$day, origin) + 1)
  if (choice$rule.no_room == "exclude") {
    end <- if (choice$direction == "higher-is-worse") 100 else 0
    out <- without(out, !by_difference(choice, "worse", end, from$score), "no-room", "exclude", NA)
  }
  out <- without(out, is.na(from$score), "no-baseline", choice$rule.no_baseline, 0)
  out$event <- ifelse(out$status == "excluded", NA, ifelse(out$status == "censored", 0, 1))
  if (choice$rule.death == "competing") out$event[out$status == "died"] <- 2
  out$time <- ifelse(out$why == "no-baseline" & out$status != "excluded", 0, pmax(out$day - origin, 0))
  out$time <- out$time / c(days = 1, weeks = 7, months = 30.4375)[[choice$rule.unit]]
  out$visit <- name_of(course, out$p, out$visit_number)
  out
}

# People without a baseline, a later score, or room to become worse: excluded, censored on a day, or with an event then.
without <- function(out, which, why, then, day) {
  which <- which & !is.na(which)
  out$why[which] <- why
  out$status[which] <- c(exclude = "excluded", censor = "censored", event = "deteriorated")[[then]]
  out$day[which] <- if (then == "exclude") NA else rep_len(day, nrow(out))[which]
  if (then == "exclude") out[which, c("visit_number", "score")] <- NA
  out
}
