# The mean change of each scale from the first score of a participant, by arm and visit, with how many were expected.
# Run it in a folder that `pro-collector export tables --to data` wrote: Rscript mean_change.R
# It needs no package. For a mixed model, `scored` has a row for each score: participant_id, arm, study_day, change.
scores <- read.csv("scores.csv", colClasses = "character")
visits <- read.csv("visits.csv", colClasses = "character")
scores[c("value", "visit_n")] <- lapply(scores[c("value", "visit_n")], as.numeric)

scored <- scores[scores$status == "scored", ]
scored <- scored[order(scored$on_day, scored$response_id), ]
scored$change <- ave(scored$value, scored$participant_id, scored$scale, scored$reporter, FUN = function(v) v - v[1])

due <- visits[visits$planned == "true" & visits$state %in% c("completed", "partial", "missed"), ]
expected <- aggregate(list(expected = due$visit_id), due[c("arm", "visit", "reporter")], length)

by <- scored[c("arm", "visit", "reporter", "scale", "visit_n")]
means <- aggregate(cbind(n = 1, mean = scored$value, change = scored$change), by, sum)
means$mean <- round(means$mean / means$n, 1)
means$change <- round(means$change / means$n, 1)
means <- merge(means, expected, by = c("arm", "visit", "reporter"))
means <- means[order(means$arm, means$visit_n, means$visit, means$reporter, means$scale), ]
columns <- c("arm", "visit", "reporter", "scale", "expected", "n", "mean", "change")
write.csv(means[columns], row.names = FALSE, quote = FALSE)
