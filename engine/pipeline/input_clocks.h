// How far each of several inputs is in event time, and so how far the records are complete. Pure.
//
// An input that has more to read now (its last poll gave something, or it says so, or it is not
// connected) is behind: what is complete ends at its newest record. One that has caught up holds
// nothing back: what it yields from now on is as late as records are anyway, which the allowed
// lateness covers. So a source that was down for hours is waited for, and one that is merely quiet
// is not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "engine/pipeline/io.h"
#include "engine/pipeline/rule_engine.h"
#include "engine/record/time.h"

namespace keywatch::pipeline {

class InputClocks {
 public:
  // An input that does not know its lag has caught up when it gave nothing for `idle_timeout` of
  // wall time; 0: never.
  InputClocks(size_t inputs, record::Ticks idle_timeout)
      : idle_timeout_(idle_timeout), inputs_(inputs) {}

  void Start(record::Ticks now) {
    for (Input& input : inputs_)
      input.last_batch = now;
  }
  // A batch has come; OnRows() tells what stood in it.
  void OnBatch(size_t input, record::Ticks now) {
    inputs_[input].behind = true;
    inputs_[input].last_batch = now;
  }
  void OnRows(size_t input, record::Ticks newest) {
    inputs_[input].newest = std::max(inputs_[input].newest, newest);
  }
  // A poll gave nothing.
  void OnNothing(size_t input, const SourceHealth& health, record::Ticks now) {
    bool quiet = idle_timeout_ > 0 && now - inputs_[input].last_batch >= idle_timeout_;
    bool nothing_left = health.lag_records == 0 || (health.lag_records < 0 && quiet);
    inputs_[input].behind = !health.connected || !health.assigned || !nothing_left;
  }
  void OnEnd(size_t input) { inputs_[input].behind = false; }

  // For a batch of this input.
  [[nodiscard]] InputClock Of(size_t input) const {
    return {inputs_[input].newest, CompleteBut(input), inputs_[input].newest == 0};
  }
  // Up to which all are complete; the end of time when none is behind.
  [[nodiscard]] record::Ticks Complete() const { return CompleteBut(inputs_.size()); }
  [[nodiscard]] bool CaughtUp() const {
    return std::none_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.behind; });
  }
  // Of one input alone.
  [[nodiscard]] record::Ticks Complete(size_t input) const {
    return inputs_[input].behind ? inputs_[input].newest : record::kMaxDatetime;
  }

 private:
  struct Input {
    record::Ticks newest = 0;  // of its records; 0: none yet
    record::Ticks last_batch = 0;
    bool behind = true;
  };

  [[nodiscard]] record::Ticks CompleteBut(size_t left_out) const {
    record::Ticks complete = record::kMaxDatetime;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (i != left_out)
        complete = std::min(complete, Complete(i));
    }
    return complete;
  }

  record::Ticks idle_timeout_;
  std::vector<Input> inputs_;
};

}  // namespace keywatch::pipeline
