// pod create|ps|start|stop|kill|restart|rm|exists.
#include <algorithm>
#include <csignal>
#include <map>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/container_options.h"
#include "cli/filter.h"
#include "cli/names.h"
#include "cli/notation/networks.h"
#include "cli/notation/policies.h"
#include "cli/notation/sizes.h"
#include "cli/notation/text.h"
#include "cli/pod_view.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "common/file.h"
#include "common/ids.h"

namespace skiff::cli {

using common::Error;
using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

class PodCreateCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    constexpr ListStyle kComma = ListStyle::kCommaSeparated;
    a.Value("-n,--name", name_, "string", "Name of the pod");
    a.List("-p,--publish", publish_, "[[IP:]HOST:]PORT", "Publish a port or a range", kComma);
    a.Value("-h,--hostname", hostname_, "name", "Host name in the pod (default: the pod's name)");
    a.List("-l,--label", labels_, "name=value", "Set a label");
    network_.Declare(a);
    names_.Declare(a);
    a.List("--sysctl", sysctls_, "name=value", "Kernel parameters of the pod's namespaces", kComma);
    a.Value("--share", share_, "list", "Namespaces to share: ipc,net,uts and pid (default ipc,net,uts)");
    a.Value("--pid", pid_, "mode", "PID namespace: private or host");
    a.Value("--restart", restart_, "policy", "Policy of the pod's containers that have none (default no)");
    a.Value("-m,--memory", memory_, "size", "Memory limit of the whole pod");
    a.Value("--cpus", cpus_, "number", "CPUs that the whole pod may use");
    a.Value("--shm-size", shm_size_, "size", "Size of /dev/shm (default 64m)");
    a.Value("--exit-policy", exit_policy_, "policy",
            "continue, or stop: the pod ends with its last container");
    a.Value("--pod-id-file", id_file_, "file", "Write the pod's id to a file");
    a.Switch("--replace", replace_, "Remove a pod of the same name first");
    a.Refused("--infra", false, "a pod always has an infra process, which holds its namespaces");
    a.Refused("--infra-name", true, "the infra process has no name of its own");
    a.Refused("--infra-image", true, "the infra process needs no image");
    a.Operands(operands_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::PodSpec pod, Build());
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    TRY(engine->CheckNetworks(pod.network));
    if (replace_ && !pod.name.empty())
      if (const auto old = engine->FindPod(pod.name)) TRY(engine->RemovePod(*old, true));
    const bool invented = pod.name.empty();
    for (int attempt = 0;; ++attempt) {
      if (invented) pod.name = InventName();
      std::replace(pod.name.begin(), pod.name.end(), '_', invented ? '-' : '_');
      if (hostname_.empty()) pod.hostname = pod.name;
      const Result<std::string> id = engine->CreatePod(pod);
      if (!id && invented && id.error().code() == ErrorCode::kExists && attempt < kNameAttempts) continue;
      if (!id) return id.error();
      if (!id_file_.empty()) TRY(common::WriteFile(id_file_, *id));
      PrintLine(*id);
      return 0;
    }
  }

 private:
  static constexpr int kNameAttempts = 20;

  Result<pod::PodSpec> Build() const {
    pod::PodSpec pod;
    pod.name = operands_.empty() ? name_ : operands_.front();
    pod.uid = common::NewUuid();
    pod.hostname = hostname_;
    pod.labels = PairsToMap(labels_);
    pod.sysctls = PairsToMap(sysctls_);
    pod.termination_grace_s = 10;
    TRY(ApplyNetworkFlags(network_, pod.network));
    TRY(ApplyNameFlags(names_, pod));
    ASSIGN_OR_RETURN(pod.ports, BuildPorts(publish_));
    if (!pod.ports.empty() && pod.network.mode != pod::NetworkSpec::Mode::kBridge)
      return MakeError(ErrorCode::kInvalid, "conflicting options: --publish and --network {}: ports are published on bridge "
                       "networks only", network_.networks.front());
    ASSIGN_OR_RETURN(const RestartFlag restart, ParseRestart(restart_));
    pod.restart_policy = restart.policy;
    if (!pid_.empty() && pid_ != "private" && pid_ != "host")
      return MakeError(ErrorCode::kUnsupported, "--pid {}: not supported", pid_);
    pod.host_pid = pid_ == "host";
    TRY(ReadShare(pod));
    TRY(ReadSizes(pod));
    if (exit_policy_ != "continue" && exit_policy_ != "stop")
      return MakeError(ErrorCode::kInvalid, "invalid --exit-policy \"{}\": write continue or stop",
                       exit_policy_);
    pod.exit_when_containers_exit = exit_policy_ == "stop";
    return pod;
  }

  // A pod shares its network, IPC and UTS namespaces; the PID namespace on request.
  Result<> ReadShare(pod::PodSpec& pod) const {
    std::string_view rest = share_;
    if (rest.starts_with('+')) rest.remove_prefix(1);
    for (const std::string& name : Split(rest, ',')) {
      if (name == "pid")
        pod.share_pid = true;
      else if (name != "net" && name != "ipc" && name != "uts" && name != "cgroup" && !name.empty())
        return MakeError(ErrorCode::kInvalid, "invalid --share \"{}\": write ipc, net, uts and pid", name);
    }
    return {};
  }

  Result<> ReadSizes(pod::PodSpec& pod) const {
    if (!memory_.empty()) {
      ASSIGN_OR_RETURN(pod.resources.memory_limit, ParseBytes(memory_), "--memory");
    }
    if (!cpus_.empty()) {
      ASSIGN_OR_RETURN(pod.resources.cpu_quota, ParseCpusToQuota(cpus_), "--cpus");
      pod.resources.cpu_period = 100'000;
    }
    if (!shm_size_.empty()) {
      ASSIGN_OR_RETURN(const int64_t size, ParseBytes(shm_size_), "--shm-size");
      pod.shm_size = static_cast<uint64_t>(size);
    }
    return {};
  }

  NetworkFlags network_;
  std::string name_, hostname_, share_, pid_, restart_, memory_, cpus_, shm_size_,
      exit_policy_ = "continue", id_file_;
  NameFlags names_;
  std::vector<std::string> publish_, labels_, sysctls_, operands_;
  bool replace_ = false;
};

class PodPsCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-q,--quiet", quiet_, "Only ids");
    a.Value("--format", format_, "template", "json, or a Go template, with \"table\" in front for headings");
    a.List("-f,--filter", filters_, "key=value", "name, id, status, label, ctr-names, network");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten ids");
    a.Switch("--noheading", no_heading_, "No line of headings");
    a.Switch("--ctr-names", container_names_, "Show the containers' names");
    a.Switch("-l,--latest", latest_, "The last one made");
    a.Switch("--ctr-ids", container_ids_, "Show the containers' ids");
    a.Switch("--ctr-status", container_states_, "Show the containers' states");
    a.Value("--sort", sort_, "key", "created, id, name, status or number (default created)");
    a.Refused("--ns", false, "not supported; the namespaces are in 'skiff pod inspect'");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Filters filters,
                     Filters::Parse(filters_, {"name", "id", "status", "label", "ctr-names", "network"}));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(std::vector<pod::PodInfo> pods, engine->ListPods());
    std::erase_if(pods, [&](const pod::PodInfo& pod) { return pod.spec.implicit || !Wanted(pod, filters); });
    std::stable_sort(pods.begin(), pods.end(),
                     [](const auto& a, const auto& b) { return a.created > b.created; });
    if (latest_ && pods.size() > 1) pods.resize(1);
    TRY(Sort(pods));
    JsonBuilder builder;
    JsonValue rows = builder.Array();
    const bool json = format_ == "json";
    for (const pod::PodInfo& pod : pods)
      builder.Push(rows, json ? PodListJson(pod, builder) : PodRow(pod, no_truncation_, builder));
    if (json) {
      PrintLine(common::ToPrettyJson(rows));
      return 0;
    }
    ASSIGN_OR_RETURN(const std::string text, RenderRows(rows, Style()));
    Print(text);
    return 0;
  }

 private:
  static bool Wanted(const pod::PodInfo& pod, const Filters& filters) {
    std::string names;
    for (const pod::ContainerInfo& container : pod.containers) names += container.name + " ";
    std::string status = PodState(pod);
    for (char& c : status) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return filters.MatchesPart("name", pod.name) && filters.MatchesPrefix("id", pod.id) &&
           filters.Matches("status", status) && filters.MatchesLabels(pod.spec.labels) &&
           filters.MatchesPart("ctr-names", names) && OnWantedNetwork(pod, filters);
  }

  static bool OnWantedNetwork(const pod::PodInfo& pod, const Filters& filters) {
    if (!filters.Has("network")) return true;
    const std::vector<std::string> networks = PodNetworks(pod);
    return std::ranges::any_of(networks, [&](const std::string& name) { return filters.Matches("network", name); });
  }

  Result<> Sort(std::vector<pod::PodInfo>& pods) const {
    using Key = std::string (*)(const pod::PodInfo&);
    static const std::map<std::string_view, Key> kKeys{
        {"id", [](const pod::PodInfo& pod) { return pod.id; }},
        {"name", [](const pod::PodInfo& pod) { return pod.name; }},
        {"status", [](const pod::PodInfo& pod) { return PodState(pod); }},
        {"number", [](const pod::PodInfo& pod) { return fmt::format("{:08}", pod.containers.size()); }}};
    if (sort_.empty() || sort_ == "created") return {};
    const auto key = kKeys.find(sort_);
    if (key == kKeys.end())
      return MakeError(ErrorCode::kInvalid, "--sort {}: write created, id, name, status or number", sort_);
    std::stable_sort(pods.begin(), pods.end(),
                     [&](const auto& a, const auto& b) { return key->second(a) < key->second(b); });
    return {};
  }

  TableStyle Style() const {
    TableStyle style;
    style.headings = !no_heading_;
    style.headers = {{"Id", "POD ID"},           {"ID", "POD ID"},
                     {"Name", "NAME"},           {"Status", "STATUS"},
                     {"Created", "CREATED"},     {"InfraId", "INFRA ID"},
                     {"InfraID", "INFRA ID"},    {"NumberOfContainers", "# OF CONTAINERS"},
                     {"ContainerIds", "IDS"},    {"ContainerNames", "NAMES"},
                     {"ContainerStatuses", "STATUS"}};
    style.format = quiet_ ? "{{.Id}}" : !format_.empty() ? format_ : DefaultFormat();
    return style;
  }

  std::string DefaultFormat() const {
    std::string format = "table {{.Id}}\t{{.Name}}\t{{.Status}}\t{{.Created}}\t{{.InfraId}}";
    if (!container_ids_ && !container_names_ && !container_states_) return format + "\t{{.NumberOfContainers}}";
    if (container_ids_) format += "\t{{.ContainerIds}}";
    if (container_names_) format += "\t{{.ContainerNames}}";
    if (container_states_) format += "\t{{.ContainerStatuses}}";
    return format;
  }

  bool quiet_ = false, no_truncation_ = false, no_heading_ = false, container_ids_ = false, container_names_ = false,
       container_states_ = false, latest_ = false;
  std::string format_, sort_;
  std::vector<std::string> filters_;
};

// start, stop, kill, restart and rm: the same targets, one action each.
class PodActionCommand : public Command {
 public:
  enum class Action { kStart, kStop, kKill, kRestart, kRemove };
  explicit PodActionCommand(Action action) : action_(action) {}

  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "All pods");
    a.Switch("-l,--latest", latest_, "The pod that was made last");
    if (action_ == Action::kStop || action_ == Action::kRemove) {
      a.Switch("-i,--ignore", ignore_, "A pod that does not exist is no error");
    }
    if (action_ == Action::kStop || action_ == Action::kRemove || action_ == Action::kRestart)
      a.Value("-t,--time", time_, "seconds", "Time until its containers are killed (default: the pod's own)");
    if (action_ == Action::kKill) a.Value("-s,--signal", signal_, "signal", "Signal to send (default KILL)");
    if (action_ == Action::kRemove)
      a.Switch("-f,--force", force_, "Remove a running pod too; one that does not exist is no error");
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    ASSIGN_OR_RETURN(const int signal, ParseSignal(signal_));
    ASSIGN_OR_RETURN(const std::vector<std::string> targets, Targets(*engine));
    const auto act = [&](Context& own, const std::string& name) -> Result<std::string> {
      const Result<std::string> id = own.FindPod(name);
      if (!id && (ignore_ || force_) && id.error().code() == ErrorCode::kNotFound) return std::string();
      if (!id) return id.error();
      ASSIGN_OR_RETURN(pod::Engine * own_engine, own.Engine());
      TRY(Act(*own_engine, *id, signal));
      return *id;
    };
    return context.ForEachAtOnce(targets, act, [&](const Error& error) {
      const bool removing = action_ == Action::kRemove;
      return removing && error.code() == ErrorCode::kNotFound ? 1 : ExitCodeFor(error);
    });
  }

 private:
  Result<std::vector<std::string>> Targets(pod::Engine& engine) const {
    if (!all_ && !latest_) {
      if (names_.empty()) return MakeError(ErrorCode::kInvalid, "name a pod, or give --all or --latest");
      return names_;
    }
    ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> pods, engine.ListPods());
    std::vector<std::string> ids;
    const pod::PodInfo* newest = nullptr;
    for (const pod::PodInfo& pod : pods) {
      if (pod.spec.implicit) continue;
      if (newest == nullptr || pod.created >= newest->created) newest = &pod;
      if (all_) ids.push_back(pod.id);
    }
    if (latest_ && newest != nullptr) return std::vector{newest->id};
    return ids;
  }

  Result<> Act(pod::Engine& engine, const std::string& id, int signal) const {
    switch (action_) {
      case Action::kStart:
        return engine.StartPod(id, PrintWarning);
      case Action::kStop:
        return engine.StopPod(id, time_);
      case Action::kKill:
        TRY(engine.KillPod(id, signal));
        // As podman: the infra container is killed too, and that is the end of the pod.
        return signal == SIGKILL ? engine.StopPod(id, 0) : Result<>();
      case Action::kRemove:
        return engine.RemovePod(id, force_, time_);
      case Action::kRestart:
        break;
    }
    TRY(engine.StopPod(id, time_));
    return engine.StartPod(id, PrintWarning);
  }

  Action action_;
  bool all_ = false, latest_ = false, ignore_ = false, force_ = false;
  std::optional<int64_t> time_;
  std::string signal_ = "KILL";
  std::vector<std::string> names_;
};

class PodExistsCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(names_, 1, 1); }

  Result<int> Run(Context& context) override {
    const Result<std::string> id = context.FindPod(names_.front());
    if (!id && id.error().code() != ErrorCode::kNotFound) return id.error();
    return id ? 0 : 1;
  }

 private:
  std::vector<std::string> names_;
};

std::unique_ptr<Command> MakeAction(PodActionCommand::Action action) {
  return std::make_unique<PodActionCommand>(action);
}

}  // namespace

std::unique_ptr<Command> MakePodCreate() { return std::make_unique<PodCreateCommand>(); }
std::unique_ptr<Command> MakePodPs() { return std::make_unique<PodPsCommand>(); }
std::unique_ptr<Command> MakePodStart() { return MakeAction(PodActionCommand::Action::kStart); }
std::unique_ptr<Command> MakePodStop() { return MakeAction(PodActionCommand::Action::kStop); }
std::unique_ptr<Command> MakePodKill() { return MakeAction(PodActionCommand::Action::kKill); }
std::unique_ptr<Command> MakePodRestart() { return MakeAction(PodActionCommand::Action::kRestart); }
std::unique_ptr<Command> MakePodRemove() { return MakeAction(PodActionCommand::Action::kRemove); }
std::unique_ptr<Command> MakePodExists() { return std::make_unique<PodExistsCommand>(); }

}  // namespace skiff::cli
