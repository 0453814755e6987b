// Help texts.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"

namespace skiff::cli {

// The root: commands under their headings, global flags.
std::string ProgramHelp(const CommandInfo& root);
// A command that only has subcommands.
std::string GroupHelp(const std::string& path, const CommandInfo& node);
std::string CommandHelp(const std::string& path, const CommandInfo& node,
                        const std::vector<Arguments::FlagInfo>& flags);

}  // namespace skiff::cli
