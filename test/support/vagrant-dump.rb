# Prints what the real Vagrant makes of Vagrantfiles, as JSON, in each folder for each provider: ruby dump.rb FOLDER…
#
# Providers whose plugin is not here get a stand-in that knows their settings' names and refuses all others
# (sources: the configuration classes of vagrant-libvirt, vagrant-parallels and vagrant-vmware-desktop).
require 'vagrant'
require 'json'

# Vagrant makes a logger for every piece of configuration, and log4r compiles code for each: most of the time goes there.
QUIET = Log4r::Logger.new('dump')
Log4r::Logger.define_singleton_method(:new) { |*| QUIET }

SETTINGS = {
  libvirt: %w[cpus memory cpu_mode graphics_type],
  vmware_desktop: %w[linked_clone gui vmx],
  parallels: %w[cpus memory linked_clone check_guest_tools],
  hyperv: %w[cpus memory maxmemory linked_clone enable_automatic_checkpoints],
  virtualbox: %w[linked_clone check_guest_additions gui customizations]
}.freeze

# Loads what comes with Vagrant, and the plugins that are installed.
Vagrant::Environment.new(cwd: ARGV.first, ui_class: Vagrant::UI::Silent)

(SETTINGS.keys - Vagrant.plugin('2').manager.provider_configs.keys).each do |missing|
  known = Class.new(Vagrant.plugin('2', :config)) do
    attr_accessor(*SETTINGS.fetch(missing))
    # A hash of the machine's own configuration file.
    define_method(:vmx) { @vmx ||= {} } if missing == :vmware_desktop
  end
  Class.new(Vagrant.plugin('2')) do
    name "stand-in for #{missing}"
    config(missing, :provider) { known }
  end
end

dump = lambda do |env, name, provider|
  config = env.vagrantfile.machine_config(name, provider, nil, nil, false)[:config]
  own = config.vm.get_provider_config(provider)
  {
    name: name, hostname: config.vm.hostname, box: config.vm.box, box_url: config.vm.box_url,
    # A private network has a random id.
    networks: config.vm.networks.map { |type, options| [type, type == :private_network ? options.except(:id) : options] },
    synced_folders: config.vm.synced_folders.reject { |_, f| f[:disabled] }.keys,
    provisioners: config.vm.provisioners.map { |p| [p.name, p.type, p.config.inline] },
    provider: SETTINGS.fetch(provider).to_h { |setting| [setting, own.public_send(setting)] }
  }
end
all = ARGV.to_h do |folder|
  env = Vagrant::Environment.new(cwd: folder, ui_class: Vagrant::UI::Silent)
  [folder, SETTINGS.keys.to_h { |provider| [provider, env.machine_names.map { |name| dump.call(env, name, provider) }] }]
end
puts JSON.generate(all)
