// One command of the program, and the tree that names them all.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cli/arguments.h"
#include "cli/context.h"
#include "common/result.h"

namespace skiff::cli {

// Exit codes of podman 4.3.
inline constexpr int kExitFailure = 125;        // the program failed, not the container
inline constexpr int kExitNotExecutable = 126;  // the command cannot be run
inline constexpr int kExitNotFound = 127;       // the command does not exist

class Command {
 public:
  virtual ~Command() = default;
  virtual void Declare(Arguments& arguments) = 0;
  // The exit code, or an error to be shown (exit code by ExitCodeFor).
  virtual common::Result<int> Run(Context& context) = 0;
};

using CommandFactory = std::unique_ptr<Command> (*)();

// A node of the command tree, all of it constant data: only the command that was asked for is ever
// constructed.
struct CommandInfo {
  std::string_view name;
  std::string_view aliases;   // separated by spaces
  std::string_view operands;  // "[options] IMAGE [COMMAND [ARG...]]"
  std::string_view summary;
  CommandFactory make = nullptr;
  std::span<const CommandInfo> children = {};
  std::string_view group = {};  // heading in the program's help; empty: not shown there

  bool Answers(std::string_view word) const;
};

// The root; its children are what follows "skiff".
const CommandInfo& Commands();

}  // namespace skiff::cli
