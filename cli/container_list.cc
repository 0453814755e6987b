// ps and port.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/container_view.h"
#include "cli/filter.h"
#include "cli/notation/ports.h"
#include "cli/render/table.h"
#include "cli/render/units.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

class PsCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "Also containers that do not run");
    a.Switch("-q,--quiet", quiet_, "Only ids");
    a.Switch("-p,--pod", pod_, "Show the pod of each container");
    a.Value("--format", format_, "template", "json, or a Go template, with \"table\" in front for headings");
    a.List("-f,--filter", filters_, "key=value",
           "name, id, status, label, pod, ancestor, exited, volume, network, before, since, health");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten ids and commands");
    a.Value("-n,--last", last_, "number", "The last N made, whatever their state");
    a.Switch("-l,--latest", latest_, "The last one made");
    a.Switch("--noheading", no_heading_, "No line of headings");
    a.Value("--sort", sort_, "key", "created, id, image, names, status, command (default created)");
    a.Refused("--ns", false, "not supported; process ids are in 'skiff inspect', namespaces in /proc");
    a.Refused("-s,--size", false, "sizes of containers are not supported yet");
    a.Refused("--external", false, "not supported; 'podman ps --external' lists what other programs hold");
    a.Ignored("--sync", false);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Filters filters, Filters::Parse(filters_, ContainerFilterKeys()));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(std::vector<pod::PodInfo> pods, engine->ListPods());
    ASSIGN_OR_RETURN(std::vector<ContainerView> views, Select(MakeContainerViews(pods), filters));
    JsonBuilder builder;
    JsonValue rows = builder.Array();
    const bool json = format_ == "json";
    for (const ContainerView& view : views)
      builder.Push(rows, json ? ContainerJson(view, builder) : ContainerRow(view, no_truncation_, builder));
    if (json) {
      PrintLine(common::ToPrettyJson(rows));
      return 0;
    }
    ASSIGN_OR_RETURN(const std::string text, RenderRows(rows, Style()));
    Print(text);
    return 0;
  }

 private:
  TableStyle Style() const {
    TableStyle style;
    style.format = quiet_ ? "{{.ID}}" : format_.empty() ? DefaultFormat() : format_;
    style.headings = !no_heading_;
    style.headers = {
        {"ID", "CONTAINER ID"}, {"Image", "IMAGE"}, {"Command", "COMMAND"},       {"CreatedHuman", "CREATED"},
        {"Status", "STATUS"},   {"Ports", "PORTS"}, {"Names", "NAMES"},           {"Pod", "POD ID"},
        {"PodName", "PODNAME"}, {"Pid", "PID"},     {"RunningFor", "RUNNING FOR"}};
    return style;
  }

  std::string_view DefaultFormat() const {
    if (pod_)
      return "table "
             "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}\t{{."
             "Pod}}\t{{.PodName}}";
    return "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";
  }

  Result<std::vector<ContainerView>> Select(std::vector<ContainerView> views, const Filters& filters) const {
    std::stable_sort(views.begin(), views.end(), [](const ContainerView& a, const ContainerView& b) {
      return a.container->created < b.container->created;
    });
    const bool any_state = all_ || latest_ || last_ || filters.Has("status") || filters.Has("exited");
    std::erase_if(views, [&](const ContainerView& view) { return !any_state && !view.Runs(); });
    ASSIGN_OR_RETURN(views, FilterContainers(std::move(views), filters));
    const int64_t last = latest_ ? 1 : last_.value_or(-1);
    if (last >= 0 && static_cast<int64_t>(views.size()) > last)
      views.erase(views.begin(), views.end() - last);
    TRY(SortContainers(views, sort_));
    return views;
  }

  bool all_ = false, quiet_ = false, pod_ = false, no_truncation_ = false, latest_ = false,
       no_heading_ = false;
  std::optional<int64_t> last_;
  std::string format_, sort_;
  std::vector<std::string> filters_;
};

class PortCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "All containers");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Operands(operands_, 0, 2);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> pods, engine->ListPods());
    const std::vector<ContainerView> views = MakeContainerViews(pods);
    if (all_) {
      for (const ContainerView& view : views)
        for (const pod::PortMapping& port : view.Ports())
          PrintLine(fmt::format("{}\t{} -> {}", ShortId(view.container->id), Inside(port), HostSide(port)));
      return 0;
    }
    if (!latest_ && operands_.empty())
      return MakeError(ErrorCode::kInvalid, "name a container, or give --all");
    ASSIGN_OR_RETURN(const ContainerView view, Find(context, views));
    const std::string wanted = operands_.size() < 2 ? "" : operands_[1];
    bool found = wanted.empty();
    for (const pod::PortMapping& port : view.Ports()) {
      if (!wanted.empty() && Inside(port) != wanted && Inside(port) != wanted + "/tcp") continue;
      found = true;
      PrintLine(wanted.empty() ? fmt::format("{} -> {}", Inside(port), HostSide(port)) : HostSide(port));
    }
    if (!found) return MakeError(ErrorCode::kNotFound, "failed to find published port \"{}\"", wanted);
    return 0;
  }

 private:
  Result<ContainerView> Find(Context& context, const std::vector<ContainerView>& views) const {
    std::string id;
    if (!latest_) {
      ASSIGN_OR_RETURN(id, context.FindContainer(operands_.front()));
    }
    const ContainerView* best = nullptr;
    for (const ContainerView& view : views)
      if (latest_ ? best == nullptr || view.container->created > best->container->created
                  : view.container->id == id)
        best = &view;
    if (best == nullptr) return MakeError(ErrorCode::kNotFound, "there is no such container");
    return *best;
  }

  static std::string Inside(const pod::PortMapping& port) {
    return fmt::format("{}/{}", port.container_port, pod::EnumName(port.protocol));
  }
  static std::string HostSide(const pod::PortMapping& port) {
    const bool v6 = port.host_ip.find(':') != std::string::npos;
    const std::string address = port.host_ip.empty() ? "0.0.0.0" : v6 ? "[" + port.host_ip + "]" : port.host_ip;
    return fmt::format("{}:{}", address, port.host_port);
  }

  bool all_ = false, latest_ = false;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakePs() { return std::make_unique<PsCommand>(); }
std::unique_ptr<Command> MakePort() { return std::make_unique<PortCommand>(); }

}  // namespace skiff::cli
