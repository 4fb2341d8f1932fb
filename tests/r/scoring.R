# Scores of seven published questionnaires from item numbers, by their manuals: written from the publications named below,
# to be compared with `pro-collector score`.
#
#     Rscript scoring.R FOLDER
#
# reads FOLDER/<instrument>.csv (id, then one column for each item; empty: missing) and writes FOLDER/r/<instrument>.csv
# (id, then one column for each scale; empty: no score).

items <- function(x, prefix, numbers) x[, paste0(prefix, numbers), drop = FALSE]
answered <- function(x) rowSums(!is.na(x))
mean_if <- function(x, enough) ifelse(enough, rowMeans(x, na.rm = TRUE), NA)

# EORTC QLQ-C30 Scoring Manual, 3rd edition, 2001: the mean of the answered items if at least half are, made linear from 0
# to 100. Summary score: Giesinger JM et al., J Clin Epidemiol 2016;69:79-88.
qlq_c30 <- function(x) {
  raw <- function(numbers) {
    own <- items(x, "q", numbers)
    mean_if(own, 2 * answered(own) >= length(numbers))
  }
  fun <- function(numbers) (1 - (raw(numbers) - 1) / 3) * 100
  symptom <- function(numbers) (raw(numbers) - 1) / 3 * 100
  out <- data.frame(QL = (raw(29:30) - 1) / 6 * 100, PF = fun(1:5), RF = fun(6:7), EF = fun(21:24), CF = fun(c(20, 25)),
    SF = fun(26:27), FA = symptom(c(10, 12, 18)), NV = symptom(14:15), PA = symptom(c(9, 19)), DY = symptom(8),
    SL = symptom(11), AP = symptom(13), CO = symptom(16), DI = symptom(17), FI = symptom(28))
  symptoms <- 100 - out[c("FA", "NV", "PA", "SL", "AP", "DY", "CO", "DI")]
  out$SUMMARY <- (rowSums(out[c("PF", "RF", "EF", "CF", "SF")]) + rowSums(symptoms)) / 13
  out
}

# FACIT.org scoring guidelines, version 4: the sum of the answered items times the number of items through the number
# answered, if more than half are. FACT-G needs its four subscales, and more than 80 % of the 27 items.
prorated <- function(x, turned) {
  x[, turned] <- 4 - x[, turned]
  ifelse(answered(x) / ncol(x) > 0.5, rowSums(x, na.rm = TRUE) * ncol(x) / answered(x), NA)
}

fact_g <- function(x) {
  out <- data.frame(PWB = prorated(items(x, "GP", 1:7), 1:7), SWB = prorated(items(x, "GS", 1:7), integer()),
    EWB = prorated(items(x, "GE", 1:6), c(1, 3, 4, 5, 6)), FWB = prorated(items(x, "GF", 1:7), integer()))
  all <- cbind(items(x, "GP", 1:7), items(x, "GS", 1:7), items(x, "GE", 1:6), items(x, "GF", 1:7))
  out$FACTG <- ifelse(answered(all) > 0.8 * 27, rowSums(out), NA)
  out
}

facit_fatigue <- function(x) {
  own <- x[, c("HI7", "HI12", "An1", "An2", "An3", "An4", "An5", "An7", "An8", "An12", "An14", "An15", "An16")]
  data.frame(FACIT_F = prorated(own, setdiff(names(own), c("An5", "An7"))))
}

# Kroenke K et al., J Gen Intern Med 2001;16:606-613; Spitzer RL et al., Arch Intern Med 2006;166:1092-1097: plain sums.
phq_9 <- function(x) data.frame(total = rowSums(items(x, "q", 1:9)))
gad_7 <- function(x) data.frame(total = rowSums(items(x, "q", 1:7)))

# BPI User Guide: severity is the mean of all four items; interference is the mean of the seven if more than half are
# answered.
bpi_sf <- function(x) {
  interference <- items(x, "q9", letters[1:7])
  data.frame(worst = x$q3, severity = rowMeans(items(x, "q", 3:6)),
    interference = mean_if(interference, answered(interference) > 3.5), relief = x$q8)
}

# RAND scoring rules for version 1.0: table 1 recodes every item to 0 to 100, table 2 averages those that were answered.
rand_36 <- function(x) {
  recoded <- function(numbers, values) {
    for (name in paste0("q", numbers)) x[[name]] <<- values[x[[name]]]
  }
  recoded(c(1, 2, 20, 22, 34, 36), c(100, 75, 50, 25, 0))
  recoded(3:12, c(0, 50, 100))
  recoded(13:19, c(0, 100))
  recoded(c(21, 23, 26, 27, 30), c(100, 80, 60, 40, 20, 0))
  recoded(c(24, 25, 28, 29, 31), c(0, 20, 40, 60, 80, 100))
  recoded(c(32, 33, 35), c(0, 25, 50, 75, 100))
  average <- function(numbers) {
    own <- items(x, "q", numbers)
    mean_if(own, answered(own) > 0)
  }
  data.frame(PF = average(3:12), RP = average(13:16), RE = average(17:19), EN = average(c(23, 27, 29, 31)),
    EW = average(c(24, 25, 26, 28, 30)), SF = average(c(20, 32)), PA = average(21:22),
    GH = average(c(1, 33:36)), HC = average(2))
}

folder <- commandArgs(TRUE)[1]
dir.create(file.path(folder, "r"), showWarnings = FALSE)
rules <- list(`qlq-c30` = qlq_c30, `fact-g` = fact_g, `facit-fatigue` = facit_fatigue, `phq-9` = phq_9, `gad-7` = gad_7,
  `bpi-sf` = bpi_sf, `rand-36` = rand_36)
for (name in names(rules)) {
  answers <- read.csv(file.path(folder, paste0(name, ".csv")))
  scores <- lapply(rules[[name]](answers), function(score) ifelse(is.na(score), NA, sprintf("%.15g", score)))
  write.csv(data.frame(id = answers$id, scores), file.path(folder, "r", paste0(name, ".csv")), na = "", row.names = FALSE)
}
