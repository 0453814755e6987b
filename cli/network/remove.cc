// network rm|prune.
#include "cli/confirm.h"
#include "cli/network/commands.h"
#include "cli/network/view.h"

namespace skiff::cli {

using common::Error;
using common::ErrorCode;
using common::Result;

namespace {

class NetworkRemoveCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-f,--force", force_, "Remove the pods and containers that are on it too");
    a.Value("-t,--time", time_, "seconds", "How long they may take to stop (default: their own time)");
    a.Operands(names_, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    const auto remove = [&](const std::string& name) -> Result<> {
      const Result<> removed = engine->RemoveNetwork(name, force_, time_);
      if (!removed && force_ && removed.error().code() == ErrorCode::kNotFound) return {};
      if (!removed) return removed.error();
      PrintLine(name);
      return {};
    };
    return context.ForEach(names_, remove, [](const Error& error) {
      return error.code() == ErrorCode::kNotFound ? 1 : error.code() == ErrorCode::kBusy ? 2 : kExitFailure;
    });
  }

 private:
  bool force_ = false;
  std::optional<int64_t> time_;
  std::vector<std::string> names_;
};

class NetworkPruneCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-f,--force", force_, "Do not ask");
    a.List("--filter", filters_, "key=value", "label, label!, until, name, id, driver");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const NetworkFilter filter, NetworkFilter::Parse(filters_));
    if (!force_) {
      ASSIGN_OR_RETURN(const bool agreed, Confirm("WARNING! This will remove all networks not used by at least one container."));
      if (!agreed) return 0;
    }
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    ASSIGN_OR_RETURN(const auto networks, engine->ListNetworks());
    std::vector<std::string> unused;
    for (const network::Definition& network : networks) {
      if (network.name == network::Network::kDefaultName) continue;
      ASSIGN_OR_RETURN(const bool wanted, filter.Matches(network, *engine));
      ASSIGN_OR_RETURN(const auto users, engine->NetworkUsers(network.name));
      if (wanted && users.empty()) unused.push_back(network.name);
    }
    return context.ForEach(unused, [&](const std::string& name) -> Result<> {
      const Result<> removed = engine->RemoveNetwork(name, false);
      // A pod has come to it since.
      if (!removed && removed.error().code() == ErrorCode::kBusy) return {};
      if (!removed) return removed.error();
      PrintLine(name);
      return {};
    });
  }

 private:
  bool force_ = false;
  std::vector<std::string> filters_;
};

class CleanUpNetworksCommand : public Command {
 public:
  void Declare(Arguments&) override {}
  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    TRY(engine->RemoveUnusedNetworks());
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> MakeCleanUpNetworks() { return std::make_unique<CleanUpNetworksCommand>(); }
std::unique_ptr<Command> MakeNetworkRemove() { return std::make_unique<NetworkRemoveCommand>(); }
std::unique_ptr<Command> MakeNetworkPrune() { return std::make_unique<NetworkPruneCommand>(); }

}  // namespace skiff::cli
