// From argv to an exit code.
#pragma once

#include <string>
#include <vector>

namespace skiff::cli {

// `arguments` without the program's name.
int RunProgram(std::vector<std::string> arguments);

}  // namespace skiff::cli
