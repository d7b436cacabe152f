// `keywatch demo`: a generated day of traffic with attacks in it, through the live path, with no
// set-up.
#pragma once

#include <string>
#include <vector>

namespace keywatch::app {

struct DemoArguments {
  std::vector<std::string> rules = {"rules"};
  std::string listen = "127.0.0.1:9464";
  bool once = false;  // end after the day
};

int RunDemo(const DemoArguments& arguments);

}  // namespace keywatch::app
