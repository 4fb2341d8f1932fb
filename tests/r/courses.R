# One course a person from the exported tables `participants`, `visits`, `scores` and `events`: who is in the analysis,
# which visits count, and on which day (docs/endpoints.md, "The rows that go in" and "Baseline").

read_table <- function(folder, name) {
  read.csv(file.path(folder, paste0(name, ".csv")), na.strings = "", colClasses = "character", encoding = "UTF-8")
}

read_study <- function(folder) {
  names <- c("participants", "visits", "scores", "events", "assessments")
  study <- setNames(lapply(names, function(name) read_table(folder, name)), names)
  place <- match(study$visits$assessment, study$assessments$assessment)
  study$visits$number <- place * 1e6 + as.numeric(study$visits$anchor_n) * 1000 + as.numeric(study$visits$visit_n)
  for (name in c("due_on", "answered_on")) study$visits[[name]] <- as.Date(study$visits[[name]])
  for (name in c("enrolled_on", "died_on", "withdrew_on", "off_study_on")) {
    study$participants[[name]] <- as.Date(study$participants[[name]])
  }
  study$scores$on_day <- as.Date(study$scores$on_day)
  study$events$happened_on <- as.Date(study$events$happened_on)
  study
}

# What became of each visit; NA for one that nobody waited for, or that is still open.
standing_of <- function(visits, who) {
  reached <- function(day) !is.na(day) & day <= visits$due_on
  gone <- ifelse(reached(who$died_on) | visits$reason %in% "died", "died",
    ifelse(reached(who$withdrew_on) | visits$reason %in% "withdrew", "withdrew", "off_study"))
  received <- as.integer(visits$instruments_received) > 0
  left <- visits$reason %in% c("died", "withdrew", "ended", "participation_ended")
  out <- rep(NA_character_, nrow(visits))
  over <- visits$state %in% c("missed", "partial", "completed")
  out[over] <- ifelse(reached(who$off_study_on), gone, "missing")[over]
  out[visits$state == "cancelled" & left] <- gone[visits$state == "cancelled" & left]
  out[visits$state == "partial" & received] <- "partial"
  out[visits$state == "completed" & received] <- "complete"
  out
}

day_0_of <- function(study, kind) {
  if (kind == "enrolment") return(setNames(study$participants$enrolled_on, study$participants$participant_id))
  events <- study$events
  first <- events[events$source == "treatment" & events$believed == "true" & events$kind == kind & events$n %in% "1", ]
  setNames(first$happened_on, first$participant_id)
}

# The people of an endpoint (`who`), all their visits that count (`rows`, by person, day and number, with `p`, the place of
# the person), and the names of visits that had a place before deaths were considered (`named`).
courses_of <- function(study, choice) {
  visits <- study$visits
  asks <- grepl(paste0(" ", choice$instrument, " "), paste0(" ", visits$instruments, " "), fixed = TRUE)
  visits <- visits[visits$planned == "true" & visits$reporter == choice$reporter & asks, ]
  who <- study$participants[study$participants$participant_id %in% visits$participant_id, ]
  start <- day_0_of(study, choice$day_0)[who$participant_id]
  who$died <- as.numeric(who$died_on - start)
  who$left <- as.numeric(who$withdrew_on - start)
  scores <- study$scores
  scores <- scores[scores$instrument == choice$instrument & scores$scale == choice$scale & !is.na(scores$value), ]
  found <- match(visits$visit_id, scores$visit_id)
  rows <- data.frame(p = match(visits$participant_id, who$participant_id), number = visits$number, visit = visits$visit)
  rows$score <- as.numeric(scores$value[found])
  on <- as.numeric(ifelse(is.na(visits$answered_on), visits$due_on, visits$answered_on))
  rows$day <- ifelse(is.na(found), on, as.numeric(scores$on_day[found])) - as.numeric(start[rows$p])
  rows$standing <- standing_of(visits, who[rows$p, ])
  counted <- c("complete", "partial", "missing", "withdrew", "off_study")
  rows <- rows[!is.na(rows$day) & (!is.na(rows$score) | rows$standing %in% counted), ]
  alive <- is.na(who$died[rows$p]) | rows$day <= who$died[rows$p]
  numbers <- tapply(visits$number, visits$visit, `[`, 1)
  list(who = who, rows = in_order(rows[alive, ]), named = rows[c("p", "number", "visit")], numbers = numbers)
}

in_order <- function(rows) rows[order(rows$p, rows$day, rows$number), ]

# The number of a visit in an endpoint file, which has its name or its number.
number_of <- function(course, visit) {
  if (visit %in% names(course$numbers)) unname(course$numbers[visit]) else as.numeric(visit)
}

# The row of the baseline of each person, in the order of the people; NA where there is none.
baseline_of <- function(course, choice) {
  rows <- course$rows
  able <- !is.na(rows$score)
  if (choice$baseline.choose == "visit") {
    able <- able & rows$number == number_of(course, choice$baseline.visit)
  } else {
    able <- able & rows$day <= as.numeric(choice$baseline.until_day)
    if (!is.null(choice$baseline.from_day)) able <- able & rows$day >= as.numeric(choice$baseline.from_day)
  }
  places <- which(able)
  if (choice$baseline.choose == "last") places <- rev(places)
  places[match(seq_len(nrow(course$who)), rows$p[places])]
}

# The rows after the baseline of each person, in order.
after_baseline <- function(course, base) {
  rows <- course$rows
  day <- rows$day[base][rows$p]
  number <- rows$number[base][rows$p]
  rows[!is.na(day) & (rows$day > day | (rows$day == day & rows$number > number)), ]
}

# A matrix with a row for each person and a column for their first, second, ... row; NA where there are no more.
wide <- function(rows, values, people) {
  turn <- ave(seq_along(rows$p), rows$p, FUN = seq_along)
  out <- matrix(NA, people, max(c(turn, 1)))
  out[cbind(rows$p, turn)] <- values
  out
}

# Whether scores are worse (sign 1) or better (sign -1) than others by the difference; `inclusive` for exactly so much.
by_difference <- function(choice, way, score, reference, inclusive = choice$difference.inclusive == "True") {
  points <- choice[[paste0("difference.", if (way == "worse") "deterioration" else "improvement")]]
  if (is.null(points)) points <- choice$difference.points
  points <- if (is.null(points)) abs(reference) * as.numeric(choice$difference.percent) / 100 else as.numeric(points)
  up <- (choice$direction == "higher-is-worse") == (way == "worse")
  change <- if (up) score - reference else reference - score
  exactly <- abs(change - points) < 1e-9
  ifelse(exactly, inclusive & points > 0, change > points)
}
