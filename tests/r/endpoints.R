# The endpoints of a study from its exported tables, by the definitions of docs/endpoints.md: written from that page and
# the publications that it names, to be compared with `pro-collector export endpoints`.
#
#     Rscript endpoints.R FOLDER
#
# reads participants.csv, visits.csv, scores.csv, events.csv (as exported), assessments.csv (their order in the study file)
# and choices.csv (endpoint, choice, value: `choices` of the manifests), and writes FOLDER/r/<endpoint>.csv,
# FOLDER/r/survival.csv and FOLDER/r/at_risk.csv. All scales run from 0 to 100.

suppressPackageStartupMessages(library(survival))
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "courses.R"))
source(file.path(here, "deterioration.R"))

change_rows <- function(course, choice) {
  rows <- course$rows
  base <- baseline_of(course, choice)
  level <- rows$score[base][rows$p]
  later <- rownames(rows) %in% rownames(after_baseline(course, base))
  change <- ifelse(later, rows$score - level, NA)
  out <- data.frame(p = rows$p, visit = rows$visit, visit_number = rows$number, standing = rows$standing, day = rows$day,
    score = rows$score, is_baseline = seq_len(nrow(rows)) %in% base, base = level, change = change)
  out$percent <- ifelse(level == 0, NA, 100 * change / level)
  out$category <- NA
  if (!is.null(choice$difference.level)) {
    worse <- by_difference(choice, "worse", rows$score, level)
    better <- by_difference(choice, "better", rows$score, level)
    out$category <- ifelse(is.na(change), NA, ifelse(worse, "deteriorated", ifelse(better, "improved", "stable")))
  }
  out
}

response_rows <- function(course, choice) {
  people <- nrow(course$who)
  base <- baseline_of(course, choice)
  later <- after_baseline(course, base)
  scored <- later[!is.na(later$score), ]
  way <- if (choice$rule.change == "improvement") "better" else "worse"
  met <- by_difference(choice, way, scored$score, course$rows$score[base][scored$p])
  turn <- seq_along(met)
  since <- turn - pmax(cummax(ifelse(met, 0, turn)), match(scored$p, scored$p) - 1) # met in a row until here
  scored$met <- since >= as.integer(choice$rule.in_a_row)
  asked <- NA
  if (choice$rule.at == "visit") {
    asked <- number_of(course, choice$rule.visit)
    scored <- scored[scored$number == asked, ]
  }
  scored <- scored[order(scored$p, !scored$met), ]
  shown <- scored[match(seq_len(people), scored$p), ]
  waited <- course$rows$p[course$rows$number == asked]
  dead <- !is.na(course$who$died) & !(seq_len(people) %in% waited)
  out <- data.frame(p = seq_len(people), why = ifelse(is.na(base), "no-baseline",
    ifelse(!is.na(shown$p), "score", ifelse(dead, "died", "no-score"))))
  out$response <- ifelse(out$why == "score", ifelse(shown$met, "responder", "non-responder"),
    ifelse(out$why == "died", choice$rule.died, choice$rule.missing))
  out$visit_number <- ifelse(out$why == "no-baseline", NA, ifelse(out$why == "score", shown$number, asked))
  out$visit <- name_of(course, out$p, out$visit_number)
  out$base <- course$rows$score[base]
  out$score <- shown$score
  out
}

# Straight lines between scores, added up day by day.
area_rows <- function(course, choice) {
  people <- seq_len(nrow(course$who))
  base <- baseline_of(course, choice)
  rows <- course$rows[!is.na(course$rows$score), ]
  rows <- rows[!duplicated(rows[c("p", "day")], fromLast = TRUE), ]
  days <- split(rows$day, factor(rows$p, people))
  scores <- split(rows$score, factor(rows$p, people))
  one <- function(p) {
    later <- days[[p]] > course$rows$day[base[p]]
    area_of(c(course$rows$day[base[p]], days[[p]][later]), c(course$rows$score[base[p]], scores[[p]][later]), choice)
  }
  found <- lapply(people, one)
  column <- function(name) unlist(lapply(found, `[[`, name))
  data.frame(p = people, area = column("area"), why = column("why"), days = column("days"), scores = column("scores"))
}

# The area of one person from the days and scores; the first of them is the baseline.
area_of <- function(day, score, choice) {
  none <- function(why, days, scores) list(area = NA, why = why, days = days, scores = scores)
  end <- as.numeric(choice$rule.until_day)
  if (is.na(day[1]) || day[1] >= end) return(none("no-baseline", 0, 0))
  inside <- sum(day <= end)
  if (length(day) == 1) return(none("no-follow-up", 0, inside))
  until <- if (choice$rule.beyond == "carry") end else min(end, max(day))
  days <- until - day[1]
  if (choice$rule.beyond == "missing" && until < end) return(none("ended-early", days, inside))
  daily <- approx(day, score, day[1]:until, rule = 2)$y
  if (choice$rule.of == "change") daily <- daily - score[1]
  area <- sum(head(daily, -1) + tail(daily, -1)) / 2
  list(area = if (choice$rule.value == "mean") area / days else area, why = "scores", days = days, scores = inside)
}

worst_rows <- function(course, choice) {
  people <- seq_len(nrow(course$who))
  base <- baseline_of(course, choice)
  level <- course$rows$score[base]
  rows <- course$rows
  later <- rbind(after_baseline(course, base),
    rows[is.na(base)[rows$p] & rows$day > as.numeric(choice$baseline.until_day), ])
  later <- in_order(later[!is.na(later$score), ])
  if (!is.null(choice$rule.until_day)) later <- later[later$day <= as.numeric(choice$rule.until_day), ]
  top <- later[order(later$p, -later$score), ]
  top <- top[match(people, top$p), ]
  adjusted <- ifelse(top$score > level, top$score, 0)
  data.frame(p = people, base = level, worst = top$score, adjusted,
    present = adjusted >= as.numeric(choice$rule.present), severe = adjusted >= as.numeric(choice$rule.severe),
    present_unadjusted = top$score >= as.numeric(choice$rule.present),
    severe_unadjusted = top$score >= as.numeric(choice$rule.severe),
    visit = top$visit, visit_number = top$number, scores = tabulate(later$p, length(people)))
}

name_of <- function(course, p, number) {
  named <- course$named
  named$visit[match(paste(p, number), paste(named$p, named$number))]
}

# Kaplan-Meier by arm; a competing event ends the time like censoring. Seven times at which people at risk are counted.
survival_rows <- function(id, rows, arms) {
  known <- data.frame(rows, arm = arms[rows$p])[!is.na(rows$time), ]
  ticks <- max(known$time) * (0:6) / 6
  of_arm <- lapply(split(known, known$arm), function(own) {
    fit <- survfit(Surv(time, event == 1) ~ 1, data = own, conf.type = "log-log")
    steps <- data.frame(endpoint = id, arm = own$arm[1], time = fit$time, at_risk = fit$n.risk, events = fit$n.event,
      censored = fit$n.censor, free = fit$surv, low = fit$lower, high = fit$upper)
    counted <- data.frame(endpoint = id, arm = own$arm[1], tick = 0:6,
      at_risk = vapply(ticks, function(tick) max(fit$n.risk[fit$time > tick - 1e-9], 0), 0),
      median = unname(quantile(fit, 0.5)$quantile))
    list(steps, counted)
  })
  list(do.call(rbind, lapply(of_arm, `[[`, 1)), do.call(rbind, lapply(of_arm, `[[`, 2)))
}

written <- function(rows, file) {
  for (name in names(rows)[vapply(rows, is.logical, NA)]) rows[[name]] <- tolower(as.character(rows[[name]]))
  for (name in names(rows)[vapply(rows, is.numeric, NA)]) {
    rows[[name]] <- ifelse(is.na(rows[[name]]), NA, sprintf("%.15g", rows[[name]]))
  }
  write.csv(rows, file, na = "", row.names = FALSE, fileEncoding = "UTF-8")
}

kinds <- list(change = change_rows, responder = response_rows, `area-under-curve` = area_rows, `worst-grade` = worst_rows,
  `time-to-deterioration` = deterioration_rows)
folder <- commandArgs(TRUE)[1]
study <- read_study(folder)
dir.create(file.path(folder, "r"), showWarnings = FALSE)
choices <- read_table(folder, "choices")
curves <- list()
for (own in split(choices, choices$endpoint)) {
  choice <- as.list(setNames(own$value, own$choice))
  course <- courses_of(study, choice)
  rows <- kinds[[choice$kind]](course, choice)
  of <- course$who[rows$p, c("participant_code", "participant_id", "site", "arm", "sex", "age_at_enrolment")]
  written(cbind(study = course$who$study[rows$p], endpoint = choice$id, of, rows[names(rows) != "p"]),
    file.path(folder, "r", paste0(choice$id, ".csv")))
  if (choice$kind == "time-to-deterioration") {
    curves[[choice$id]] <- survival_rows(choice$id, rows, course$who$arm)
  }
}
written(do.call(rbind, lapply(curves, `[[`, 1)), file.path(folder, "r", "survival.csv"))
written(do.call(rbind, lapply(curves, `[[`, 2)), file.path(folder, "r", "at_risk.csv"))
