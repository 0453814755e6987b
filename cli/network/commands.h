// Constructors of the commands of networks and published ports.
#pragma once

#include <memory>

#include "cli/command.h"

namespace skiff::cli {

std::unique_ptr<Command> MakeNetworkCreate();      // create.cc
std::unique_ptr<Command> MakeNetworkList();        // list.cc
std::unique_ptr<Command> MakeNetworkInspect();     // list.cc
std::unique_ptr<Command> MakeNetworkExists();      // list.cc
std::unique_ptr<Command> MakeNetworkRemove();      // remove.cc
std::unique_ptr<Command> MakeNetworkPrune();       // remove.cc
std::unique_ptr<Command> MakeNetworkConnect();     // connect.cc
std::unique_ptr<Command> MakeNetworkDisconnect();  // connect.cc
std::unique_ptr<Command> MakeNetworkReload();      // connect.cc
std::unique_ptr<Command> MakeCleanUpNetworks();    // remove.cc
std::unique_ptr<Command> MakePodPublish();         // publish.cc
std::unique_ptr<Command> MakePodUnpublish();       // publish.cc

}  // namespace skiff::cli
