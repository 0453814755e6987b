// kube logs, kube exec.
#include <algorithm>

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/pod_target.h"
#include "cli/kube/resources.h"
#include "cli/log_printer.h"
#include "cli/notation/sizes.h"
#include "kube/view/pod_status.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int64_t kTailOfSelector = 10;  // lines of each container, as kubectl

constexpr int64_t kMostFollowed = 5;

class KubeLogsCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    namespace_.Declare(a, false);
    a.Value("-c,--container", container_, "name", "Only this container of the pod");
    a.Switch("--all-containers", all_containers_, "All containers of the pod");
    a.Value("-l,--selector", labels_, "selector", "The pods with these labels");
    a.Switch("-f,--follow", read_.follow, "Go on until the container ends");
    a.Switch("-p,--previous", read_.previous, "Of the run before the last restart");
    a.Value("--tail", tail_, "lines", "Only the last lines (default: all; with --selector: 10)");
    a.Value("--since", since_, "time", "Not older than this: 10m, 2h");
    a.Value("--since-time", since_time_, "time", "Since a time (RFC 3339)");
    a.Switch("--timestamps", read_.timestamps, "Show the time of each line");
    a.Switch("--prefix", prefix_, "Show pod and container in front of each line");
    a.Switch("--all-pods", all_pods_, "Of all pods of a Deployment or Service, with --prefix");
    a.Value("--limit-bytes", limit_bytes_, "bytes", "Only this much of each container's log");
    a.Value("--max-log-requests", most_followed_, "number", "With -f: how many containers may be followed at once (default 5)");
    a.Switch("--ignore-errors", ignore_errors_, "Say what is wrong with one container among the lines, and go on");
    a.Ignored("--pod-running-timeout", true);
    a.Ignored("--insecure-skip-tls-verify-backend", false);
    a.Operands(operands_, 0, 2);
  }

 protected:
  Result<int> Act(Context& context) override {
    TRY(ReadOptions());
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    kube::LiveObjects live(*backend);
    ASSIGN_OR_RETURN(const std::vector<const pod::PodInfo*> pods, Pods(live));
    std::vector<LogSource> sources;
    std::vector<common::Error> errors;
    for (const pod::PodInfo* pod : pods) TRY(AddPod(*pod, sources, errors));
    const int64_t most = most_followed_.value_or(kMostFollowed);
    if (read_.follow && std::ssize(sources) > most)
      return MakeError(ErrorCode::kInvalid,
                       "you are attempting to follow {} log streams, but maximum allowed concurrency is {}, use "
                       "--max-log-requests to increase the limit",
                       sources.size(), most);
    TRY(PrintLogs(context, sources,
                  {.read = read_, .one_stream = true, .limit_bytes = limit_bytes_, .ignore_errors = ignore_errors_}));
    for (const common::Error& error : errors) {
      if (ignore_errors_) PrintLine("error: " + error.message());
      else PrintErrorLine(error.message());
    }
    return errors.empty() || ignore_errors_ ? 0 : kKubectlFailure;
  }

 private:
  Result<> ReadOptions() {
    read_.latest = true;
    prefix_ = prefix_ || all_pods_;
    if (operands_.size() == 2) container_ = operands_[1];
    if (!container_.empty() && all_containers_)
      return MakeError(ErrorCode::kInvalid,
                       "--all-containers=true should not be specified with container name {}", container_);
    if (!labels_.empty() && !operands_.empty())
      return MakeError(ErrorCode::kInvalid, "only a selector (-l) or a POD name is allowed");
    if (!since_.empty() && !since_time_.empty())
      return MakeError(ErrorCode::kInvalid, "at most one of --since and --since-time may be used");
    if (limit_bytes_ && *limit_bytes_ < 1) return MakeError(ErrorCode::kInvalid, "--limit-bytes must be greater than 0");
    if (most_followed_ && *most_followed_ < 1)
      return MakeError(ErrorCode::kInvalid, "--max-log-requests must be greater than 0");
    const std::string& since = since_.empty() ? since_time_ : since_;
    if (!since.empty() && since != "0" && since != "0s") {
      ASSIGN_OR_RETURN(read_.since, ResolveTime(since), "{}", since_.empty() ? "--since-time" : "--since");
    }
    if (!labels_.empty() && tail_.empty()) read_.tail = kTailOfSelector;
    if (tail_.empty() || tail_ == "-1") return {};
    ASSIGN_OR_RETURN(read_.tail, ParseInteger(tail_, 0, INT64_MAX), "--tail");
    return {};
  }

  Result<std::vector<const pod::PodInfo*>> Pods(kube::LiveObjects& live) const {
    if (!labels_.empty()) return SelectedPods(live);
    if (operands_.empty())
      return MakeError(ErrorCode::kInvalid,
                       "expected 'logs (POD | TYPE/NAME) [CONTAINER_NAME]': name a pod, or give --selector");
    ASSIGN_OR_RETURN(std::vector<const pod::PodInfo*> pods, FindTargetPods(live, operands_.front(), namespace_.name));
    if (all_pods_ || pods.size() == 1) return pods;
    PrintErrorLine(fmt::format("Found {} pods, using pod/{}", pods.size(), pods.front()->spec.name));
    pods.resize(1);
    return pods;
  }

  Result<std::vector<const pod::PodInfo*>> SelectedPods(kube::LiveObjects& live) const {
    ASSIGN_OR_RETURN(const kube::LabelSelector selector, kube::ParseLabelSelector(labels_));
    ASSIGN_OR_RETURN(const auto* pods, live.Pods());
    std::vector<const pod::PodInfo*> selected;
    for (const pod::PodInfo& pod : *pods)
      if (pod.spec.kube_namespace == namespace_.name && selector.Matches(pod.spec.labels)) selected.push_back(&pod);
    if (selected.empty()) PrintErrorLine(fmt::format("No resources found in {} namespace.", namespace_.name));
    return selected;
  }

  // `errors`: containers that have no log yet; those of the others are shown first.
  Result<> AddPod(const pod::PodInfo& pod, std::vector<LogSource>& sources, std::vector<common::Error>& errors) const {
    std::vector<const pod::ContainerInfo*> containers;
    if (all_containers_) {
      for (const pod::ContainerInfo& container : pod.containers) containers.push_back(&container);
    } else {
      ASSIGN_OR_RETURN(containers.emplace_back(), FindTargetContainer(pod, container_));
    }
    for (const pod::ContainerInfo* container : containers) {
      auto source = SourceOf(pod, *container);
      if (source) sources.push_back(*std::move(source));
      else errors.push_back(std::move(source).error());
    }
    return {};
  }

  Result<LogSource> SourceOf(const pod::PodInfo& pod, const pod::ContainerInfo& container) const {
    const auto& status = container.status;
    if (read_.previous && status.restart_count == 0)
      return MakeError(ErrorCode::kNotFound,
                       "Error from server (BadRequest): previous terminated container \"{}\" in pod \"{}\" "
                       "not found",
                       container.spec.name, pod.spec.name);
    if (status.started_at.empty() && status.restart_count == 0 && !read_.follow)
      return MakeError(
          ErrorCode::kBusy,
          "Error from server (BadRequest): container \"{}\" in pod \"{}\" is waiting to start: {}",
          container.spec.name, pod.spec.name, kube::WaitingReason(pod, container));
    const std::string prefix = prefix_ ? fmt::format("[pod/{}/{}] ", pod.spec.name, container.spec.name) : "";
    return LogSource{container.id, container.name, prefix};
  }

  NamespaceFlags namespace_;
  std::string container_, labels_, tail_, since_, since_time_;
  bool all_containers_ = false, all_pods_ = false, prefix_ = false, ignore_errors_ = false;
  std::optional<int64_t> most_followed_, limit_bytes_;
  pod::LogOptions read_;
  std::vector<std::string> operands_;
};

class KubeExecCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    namespace_.Declare(a, false);
    a.Value("-c,--container", container_, "name", "Container of the pod (default: the first one)");
    a.Switch("-i,--stdin", options_.interactive, "Pass standard input on");
    a.Switch("-t,--tty", options_.tty, "Give the command a terminal");
    a.Switch("-q,--quiet", quiet_, "Print what the command prints, and nothing else");
    a.Operands(operands_, 1);
    a.EndFlagsAtFirstOperand();
  }

 protected:
  Result<int> Act(Context& context) override {
    TRY(ReadOperands());
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    kube::LiveObjects live(*backend);
    ASSIGN_OR_RETURN(const pod::PodInfo* pod, FindTargetPod(live, operands_.front(), namespace_.name));
    ASSIGN_OR_RETURN(const pod::ContainerInfo* container, FindTargetContainer(*pod, container_, quiet_));
    if (container->status.state != "running")
      return MakeError(ErrorCode::kBusy,
                       "cannot exec in container \"{}\" of pod \"{}\": it is not running ({})",
                       container->spec.name, pod->spec.name, container->status.state);
    if (options_.tty) options_.env.emplace_back("TERM=xterm");
    FlushOutput();
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    const Result<int> code = engine->Exec(container->id, options_);
    if (code) {
      if (*code != 0) PrintErrorLine(fmt::format("command terminated with exit code {}", *code));
      return *code;
    }
    // The command is at fault, not we: a shell's exit codes.
    if (code.error().code() == ErrorCode::kCommandNotFound ||
        code.error().code() == ErrorCode::kCommandNotExecutable) {
      PrintErrorLine("error: " + code.error().message());
      return ExitCodeFor(code.error());
    }
    return code.error();
  }

 private:
  // "POD [flags] -- COMMAND...": flags may stand behind the pod's name, too.
  Result<> ReadOperands() {
    const auto marker = std::find(operands_.begin(), operands_.end(), "--");
    const auto begin = marker == operands_.end() ? operands_.begin() + 1 : marker + 1;
    for (auto word = operands_.begin() + 1; marker != operands_.end() && word != marker; ++word)
      TRY(ReadLateFlag(word, marker));
    options_.command.assign(begin, operands_.end());
    if (options_.command.empty())
      return MakeError(ErrorCode::kInvalid,
                       "you must specify at least one command for the container: exec POD -- COMMAND");
    if (marker == operands_.end() && options_.command.front().starts_with('-'))
      return MakeError(ErrorCode::kInvalid,
                       "exec POD COMMAND is not supported with flags: write exec POD -- COMMAND");
    return {};
  }

  Result<> ReadLateFlag(std::vector<std::string>::iterator& word, std::vector<std::string>::iterator end) {
    const std::string& flag = *word;
    const auto value = [&](std::string& target) -> Result<> {
      const size_t equals = flag.find('=');
      if (equals != std::string::npos) {
        target = flag.substr(equals + 1);
      } else {
        if (word + 1 == end) return MakeError(ErrorCode::kInvalid, "{} needs a value", flag);
        target = *++word;
      }
      return {};
    };
    if (flag == "-it" || flag == "-ti")
      options_.tty = options_.interactive = true;
    else if (flag == "-i" || flag == "--stdin")
      options_.interactive = true;
    else if (flag == "-t" || flag == "--tty")
      options_.tty = true;
    else if (flag == "-q" || flag == "--quiet")
      quiet_ = true;
    else if (flag == "-c" || flag == "--container" || flag.starts_with("--container="))
      return value(container_);
    else if (flag == "-n" || flag == "--namespace" || flag.starts_with("--namespace="))
      return value(namespace_.name);
    else
      return MakeError(ErrorCode::kInvalid, "unexpected \"{}\" in front of --", flag);
    return {};
  }

  NamespaceFlags namespace_;
  std::string container_;
  bool quiet_ = false;
  pod::ExecOptions options_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeKubeLogs() { return std::make_unique<KubeLogsCommand>(); }
std::unique_ptr<Command> MakeKubeExec() { return std::make_unique<KubeExecCommand>(); }

}  // namespace skiff::cli
