// Steps that take back what was done, run in reverse order unless everything succeeded.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/result.h"

namespace skiff::pod {

class UndoStack {
 public:
  using Step = std::function<common::Result<>()>;

  UndoStack() = default;
  UndoStack(const UndoStack&) = delete;
  UndoStack& operator=(const UndoStack&) = delete;
  ~UndoStack() { (void)RunAll(); }

  void Push(Step step) { steps_.push_back(std::move(step)); }
  void Dismiss() { steps_.clear(); }

  // Takes everything back and adds what failed meanwhile to the cause.
  common::Error Fail(common::Error cause) {
    if (auto cleanup = RunAll(); !cleanup) return std::move(cause).AlsoFailed(cleanup.error());
    return cause;
  }

 private:
  common::Result<> RunAll() {
    std::optional<common::Error> first;
    while (!steps_.empty()) {
      const Step step = std::move(steps_.back());
      steps_.pop_back();
      if (auto done = step(); !done && !first) first = std::move(done).error();
    }
    if (first) return *std::move(first);
    return {};
  }

  std::vector<Step> steps_;
};

}  // namespace skiff::pod
