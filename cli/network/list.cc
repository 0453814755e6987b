// network ls|inspect|exists.
#include "cli/filter.h"
#include "cli/network/commands.h"
#include "cli/network/view.h"
#include "cli/notation/text.h"
#include "cli/render/table.h"
#include "cli/render/template.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::Result;

namespace {

constexpr unsigned kInspectIndent = 5;  // podman's

class NetworkListCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-q,--quiet", quiet_, "Only names");
    a.Value("--format", format_, "template", "json, or a Go template, with \"table\" in front for headings");
    a.List("-f,--filter", filters_, "key=value", "name, id, driver, label, label!, dangling, until");
    a.Switch("--no-trunc", no_truncation_, "Whole ids");
    a.Switch("-n,--noheading", no_heading_, "No line of headings");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const NetworkFilter filter, NetworkFilter::Parse(filters_));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const auto networks, engine->ListNetworks());
    JsonBuilder b;
    JsonValue documents = b.Array();
    JsonValue rows = b.Array();
    for (const network::Definition& network : networks) {
      ASSIGN_OR_RETURN(const bool wanted, filter.Matches(network, *engine));
      if (!wanted) continue;
      b.Push(documents, NetworkJson(network, b));
      JsonValue row = NetworkFields(network, no_truncation_, b);
      // A text in lists, as podman's.
      std::vector<std::string> labels;
      for (const auto& [key, value] : network.labels) labels.push_back(key + "=" + value);
      b.Set(row, "Labels", Join(labels, ","));
      b.Push(rows, std::move(row));
    }
    if (WantsJson(format_)) {
      PrintLine(common::ToPrettyJson(documents));
      return 0;
    }
    TableStyle style;
    style.headings = !no_heading_;
    style.headers = {{"ID", "NETWORK ID"}, {"DNSEnabled", "DNS ENABLED"}, {"IPv6Enabled", "IPV6 ENABLED"},
                     {"NetworkInterface", "NETWORK INTERFACE"}};
    style.format = quiet_            ? "{{.Name}}"
                   : format_.empty() ? "table {{.ID}}\t{{.Name}}\t{{.Driver}}"
                                     : std::string_view(format_);
    ASSIGN_OR_RETURN(const std::string text, RenderRows(rows, style));
    Print(text);
    return 0;
  }

 private:
  bool quiet_ = false, no_truncation_ = false, no_heading_ = false;
  std::string format_;
  std::vector<std::string> filters_;
};

class NetworkInspectCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-f,--format", format_, "template", "json, or a Go template");
    a.Operands(names_, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    JsonBuilder b;
    JsonValue documents = b.Array();
    std::string rendered;
    ASSIGN_OR_RETURN(const auto pods, engine->ListPods());
    const int code = context.ForEach(names_, [&](const std::string& name) -> Result<> {
      auto network = engine->FindNetwork(name);
      if (!network) return std::move(network).error().Wrap("inspecting object: network " + name);
      if (format_.empty() || WantsJson(format_)) {
        JsonValue document = NetworkJson(*network, b);
        b.Set(document, "containers", NetworkContainers(*network, pods, false, b));
        b.Push(documents, std::move(document));
        return {};
      }
      ASSIGN_OR_RETURN(const Template layout, Template::Parse(format_));
      JsonValue fields = NetworkFields(*network, true, b);
      b.Set(fields, "Containers", NetworkContainers(*network, pods, true, b));
      ASSIGN_OR_RETURN(const std::string text, layout.Execute(fields));
      rendered += text + "\n";
      return {};
    });
    if (format_.empty() || WantsJson(format_)) PrintLine(common::ToPrettyJson(documents, kInspectIndent));
    else Print(rendered);
    return code;
  }

 private:
  std::string format_;
  std::vector<std::string> names_;
};

class NetworkExistsCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(names_, 1, 1); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    const auto network = engine->FindNetwork(names_.front());
    if (!network && network.error().code() != ErrorCode::kNotFound && network.error().code() != ErrorCode::kUnsupported)
      return network.error();
    return network ? 0 : 1;
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> MakeNetworkList() { return std::make_unique<NetworkListCommand>(); }
std::unique_ptr<Command> MakeNetworkInspect() { return std::make_unique<NetworkInspectCommand>(); }
std::unique_ptr<Command> MakeNetworkExists() { return std::make_unique<NetworkExistsCommand>(); }

}  // namespace skiff::cli
