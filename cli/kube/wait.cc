// kube wait.
#include <strings.h>

#include <algorithm>
#include <chrono>

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/output.h"
#include "cli/kube/resources.h"
#include "cli/notation/duration.h"
#include "cli/notation/text.h"
#include "kube/play/readiness.h"
#include "kube/translate/value_access.h"
#include "kube/view/json_path.h"
#include "kube/view/pod_status.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using std::chrono::steady_clock;

namespace {

struct Target {
  ResourceRef ref;
  std::string uid;  // of the object at the first look; empty: it was not there
  kube::Value last = {};  // as it was seen last
};

// What --for says.
class Goal {
 public:
  enum class Kind { kCondition, kJsonPath, kDelete, kCreate };

  static Result<Goal> Parse(const std::string& text) {
    Goal goal;
    const auto [word, rest] = SplitPair(text, '=');
    if (text == "delete" || text == "create") {
      goal.kind_ = text == "delete" ? Kind::kDelete : Kind::kCreate;
      return goal;
    }
    if (word == "condition" && !rest.empty()) {
      const auto [name, value] = SplitPair(rest, '=');
      goal.condition_ = name;
      if (!value.empty()) goal.value_ = value;
      return goal;
    }
    if (word == "jsonpath" && !rest.empty()) return ParseJsonPath(rest);
    return MakeError(ErrorCode::kInvalid,
                     "unrecognized condition: \"{}\"; write --for=condition=NAME[=VALUE], "
                     "--for=jsonpath='{{PATH}}'[=VALUE], --for=create or --for=delete",
                     text);
  }

  Kind kind() const { return kind_; }

  Result<bool> Holds(const Target& target, const kube::Value* object) const {
    if (kind_ == Kind::kCreate) return object != nullptr;
    if (kind_ == Kind::kDelete)
      return object == nullptr || target.uid.empty() || kube::TextAt(*object, "metadata.uid") != target.uid;
    if (object == nullptr) return false;
    if (kind_ == Kind::kCondition)
      return ::strcasecmp(kube::ConditionStatus(*object, condition_).c_str(),
                          value_ ? value_->c_str() : "True") == 0;
    const auto values = path_->Find(*object);
    if (!values || values->empty()) return false;  // what is not there yet may come
    if (!value_) return true;
    if (values->size() > 1)
      return MakeError(ErrorCode::kInvalid, "given jsonpath expression matches more than one value");
    const kube::Value& value = *values->front();
    if (value.is(kube::Value::Kind::kList) || value.is(kube::Value::Kind::kMap))
      return MakeError(ErrorCode::kInvalid,
                       "jsonpath leads to a nested object or list which is not supported");
    return kube::PlainText(value) == *value_;
  }

 private:
  static Result<Goal> ParseJsonPath(const std::string& text) {
    Goal goal;
    goal.kind_ = Kind::kJsonPath;
    // The "=" behind the closing brace, or the first one of a path without braces.
    const size_t brace = text.starts_with('{') ? text.rfind('}') : 0;
    const size_t equals = text.find('=', brace == std::string::npos ? 0 : brace);
    if (equals != std::string::npos) {
      std::string value = text.substr(equals + 1);
      if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
          value.back() == value.front())
        value = value.substr(1, value.size() - 2);
      if (value.empty()) return MakeError(ErrorCode::kInvalid, "jsonpath wait value cannot be empty");
      goal.value_ = std::move(value);
    }
    ASSIGN_OR_RETURN(kube::JsonPath path, kube::JsonPath::ParseRelaxed(text.substr(0, equals)), "--for");
    goal.path_ = std::make_shared<kube::JsonPath>(std::move(path));
    return goal;
  }

  Kind kind_ = Kind::kCondition;
  std::string condition_;
  std::optional<std::string> value_;
  std::shared_ptr<kube::JsonPath> path_;
};

class WaitCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    flags_.Declare(a, true);
    a.Value("--for", for_, "condition",
            "condition=NAME[=VALUE], jsonpath='{PATH}'[=VALUE], create or delete");
    a.Value("--timeout", timeout_, "time",
            "How long to wait: 30s, 5m; 0 looks once, less than 0 waits a week (default 30s)");
    a.Switch("--all", all_, "All objects of the type in the namespace");
    a.Value("-o,--output", output_, "format", "Print the object instead of a sentence: json, yaml, name, jsonpath=, ...");
  }

 protected:
  Result<int> Act(Context& context) override {
    if (for_.empty())
      return MakeError(
          ErrorCode::kInvalid,
          "--for is required: condition=Ready, condition=Available, delete, create or jsonpath=");
    ASSIGN_OR_RETURN(const Goal goal, Goal::Parse(for_));
    if (!output_.empty()) {
      ASSIGN_OR_RETURN(printer_, MakePrinter({.format = output_}));
    }
    ASSIGN_OR_RETURN(std::chrono::nanoseconds timeout, ParseDuration(timeout_), "--timeout");
    if (timeout.count() < 0) timeout = std::chrono::hours(24 * 7);
    const auto deadline = steady_clock::now() + timeout;
    ASSIGN_OR_RETURN(ResourceQuery query, flags_.Query());
    if (!query.by_name() && !all_ && flags_.labels.empty() && flags_.fields.empty())
      return MakeError(
          ErrorCode::kInvalid,
          "resource(s) were provided, but no name was specified: name them, or give -l or --all");
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(paths));
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    ASSIGN_OR_RETURN(std::vector<Target> targets, Targets(*backend, query, goal));
    if (missing_) return kKubectlFailure;
    if (targets.empty() && goal.kind() == Goal::Kind::kDelete) return 0;
    for (;;) {
      kube::LiveObjects live(*backend);
      // A selector finds what is created meanwhile.
      if (targets.empty()) {
        ASSIGN_OR_RETURN(targets, Targets(*backend, query, goal));
      }
      TRY(TellMet(live, goal, targets));
      if (any_ && targets.empty()) return 0;
      ASSIGN_OR_RETURN(const bool again, watch.Wait(deadline));
      if (!again) return TimedOut(*backend, targets);
    }
  }

 private:
  Result<std::vector<Target>> Targets(kube::PodBackend& backend, const ResourceQuery& query,
                                      const Goal& goal) {
    kube::LiveObjects live(backend);
    ASSIGN_OR_RETURN(const FoundObjects found, FindObjects(live, query));
    std::vector<Target> targets;
    for (const FoundObject& object : found.objects)
      targets.push_back({{object.kind, kube::TextAt(object.object, "metadata.namespace"),
                          kube::TextAt(object.object, "metadata.name")},
                         kube::TextAt(object.object, "metadata.uid")});
    if (goal.kind() == Goal::Kind::kCreate) {
      for (const ResourceRef& ref : found.missing) targets.push_back({ref, ""});
      return targets;
    }
    if (goal.kind() == Goal::Kind::kDelete) return targets;
    for (const ResourceRef& ref : found.missing) PrintErrorLine(NotFoundError(*ref.kind, ref.name).message());
    missing_ = !found.missing.empty();
    if (targets.empty() && !missing_) return MakeError(ErrorCode::kNotFound, "no matching resources found");
    return targets;
  }

  // Says which ones have got there and forgets them.
  Result<> TellMet(kube::LiveObjects& live, const Goal& goal, std::vector<Target>& targets) {
    std::vector<Target> left;
    for (Target& target : targets) {
      ASSIGN_OR_RETURN(
          const auto object,
          live.Get(target.ref.kind->kind, target.ref.kind->namespaced ? target.ref.kube_namespace : "",
                   target.ref.name));
      ASSIGN_OR_RETURN(const bool holds, goal.Holds(target, object ? &*object : nullptr));
      if (!holds) {
        if (object) target.last = *object;
        left.push_back(std::move(target));
        continue;
      }
      any_ = true;
      TRY(Tell(target, object));
      FlushOutput();
    }
    targets = std::move(left);
    return {};
  }

  // The object as it is; one that is gone as it was.
  Result<> Tell(const Target& target, const std::optional<kube::Value>& object) {
    const kube::Value& shown = object ? *object : target.last;
    if (!printer_ || kube::IsNull(shown)) {
      PrintLine(fmt::format("{}/{} condition met", target.ref.kind->QualifiedSingular(), target.ref.name));
      return {};
    }
    ASSIGN_OR_RETURN(const std::string text, printer_->Print({{target.ref.kind, shown}}, false));
    Print(text);
    return {};
  }

  // kubectl's line for each, and what is known about the reason.
  static Result<int> TimedOut(kube::PodBackend& backend, const std::vector<Target>& targets) {
    if (targets.empty()) return MakeError(ErrorCode::kTimeout, "timed out waiting for the condition");
    kube::LiveObjects live(backend);
    for (const Target& target : targets) {
      PrintErrorLine(fmt::format("error: timed out waiting for the condition on {}/{}",
                                 target.ref.kind->plural, target.ref.name));
      if (target.ref.kind->kind != "Pod") continue;
      ASSIGN_OR_RETURN(const pod::PodInfo* pod, live.FindPod(target.ref.kube_namespace, target.ref.name));
      if (pod == nullptr) continue;
      for (const std::string& sentence : kube::WhyNotReady(*pod)) PrintErrorLine("  " + sentence);
    }
    return kKubectlFailure;
  }

  ResourceFlags flags_;
  std::string for_, output_;
  std::unique_ptr<ObjectPrinter> printer_;
  std::string timeout_ = "30s";
  bool all_ = false;
  bool any_ = false;      // something has got there
  bool missing_ = false;  // something that was named is not there
};

}  // namespace

std::unique_ptr<Command> MakeKubeWait() { return std::make_unique<WaitCommand>(); }

}  // namespace skiff::cli
